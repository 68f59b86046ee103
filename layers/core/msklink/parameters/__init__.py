"""The parameters that MSKLink publishes: client properties and status."""
