"""Measurements that are too long or too machine-dependent to be tests."""
