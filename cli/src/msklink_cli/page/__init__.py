"""The page: clusters and their clients as a picture, live on this machine or as one file."""
