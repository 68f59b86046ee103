"""Who may do what: MiniStack judges by its policy engine, this package tells it on what."""
