"""
Dry runs: services run as they always do, and AWS is only read.

botocore's events (botocore reference, "Events") let a session answer a call itself. A call that
would change something is recorded and answered as AWS would. Later reads show what it would have
changed.
"""
