"""IAM checks: MiniStack evaluates policies, this package defines the actions and resources."""
