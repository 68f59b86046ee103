"""What operators run from a checkout."""
