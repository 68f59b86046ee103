"""What is run from a checkout: by operators, and to measure the tests."""
