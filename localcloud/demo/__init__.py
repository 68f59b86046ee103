"""`make demo`: the main job on the embedded AWS, shown as it happens."""
