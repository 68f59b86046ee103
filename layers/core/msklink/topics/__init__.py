"""Topics that clients request, within the owner's bounds."""
