"""The stacks of MSKLink under test."""

from tools.smoke.resources import Kind

KINDS: dict[str, Kind] = {}
