"""Drift: what others changed of MSKLink's resources, and whether it is repaired."""
