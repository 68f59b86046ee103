"""The MSK cluster: its description, what it can offer, and when to inspect it again."""
