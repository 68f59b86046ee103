"""The client VPC: where a connection goes in it, and the rules of its security groups."""
