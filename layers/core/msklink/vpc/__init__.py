"""The client VPC: the placement of connections in it, and its security groups."""
