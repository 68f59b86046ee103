"""The cluster policy: whom it admits, and to which topics and groups."""
