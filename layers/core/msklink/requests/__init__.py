"""What people ask for: by tag, by event, by parameter."""
