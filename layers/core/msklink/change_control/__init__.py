"""Change control: when the owner lets MSKLink change a cluster, and what it holds until then."""
