"""What is published in Parameter Store: client configuration and status."""
