"""Measures how strong the suites are: `python -m tools.mutations SUITE...`."""
