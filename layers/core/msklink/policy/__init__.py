"""The cluster policy: the accounts that it admits, and their access to topics and groups."""
