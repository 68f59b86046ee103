"""One run of the state machine: its lease, its input, and the time of the next run."""
