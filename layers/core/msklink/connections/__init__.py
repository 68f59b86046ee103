"""One client connection from the first request to its removal."""
