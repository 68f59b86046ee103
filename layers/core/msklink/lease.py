"""One run per cluster at a time, and no request lost.

A request counts `requested` up before it tries for the lease, and the holder gives the lease up
only in the write that proves `requested` has not moved since it began to look. So a request
either finds the lease free, or its holder will see it.
"""

from msklink.arns import ClusterArn


def run_name(cluster: ClusterArn, requested: int) -> str:
    """
    A name that is readable, and unique for 90 days as Step Functions wants it; at most 80 letters.

    Part of the uuid tells a cluster from an earlier one of the same name.
    """
    return f"{cluster.name[:58]}-{cluster.uuid[:8]}-{requested}"
