"""One run of the state machine: its lease, its input, and when there is another."""
