"""The commands of `msklink-client`, one module for each subject."""
