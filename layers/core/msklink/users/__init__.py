"""SCRAM users that clients request, within the owner's bounds."""
