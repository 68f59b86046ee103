"""The MSK cluster: what it is like, what it can serve, and when to look at it again."""
