"""Applications of a client team connect, with nothing but their credentials and a name."""
