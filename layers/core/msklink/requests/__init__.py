"""The requests of people: by tag, by event, by parameter."""
