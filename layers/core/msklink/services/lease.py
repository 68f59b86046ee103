"""Take, release and hand over the lease of a cluster; the rules are in `runs.lease`.

A function can fail between any two of its calls and be called again. The holder's name in the lease
says what is still to do, and a run that is started twice starts once.
"""

from msklink.arns import ClusterArn
from msklink.aws import cluster_item, step_functions
from msklink.errors import LeaseLost
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.lease import requested_before, run_name


def request_run(cluster_arn: str) -> str:
    """Request a run; return the name of the run that sees the request, new or in progress."""
    requested = cluster_item.add_request(cluster_arn)
    run = run_name(ClusterArn.parse(cluster_arn), requested)
    holder = cluster_item.take_lease(cluster_arn, run).holder
    return _start(cluster_arn, holder, run) if holder else run


def conclude_round(
    cluster_arn: str, run: str, generation: int, *, has_room: bool, fingerprint: str = ""
) -> bool:
    """
    Release the lease, keep it or hand it over; return whether *run* goes another round.

    It does if there are newer requests than *generation*. Without room in its history for another
    round, it hands the lease over to a new run. *fingerprint* is that of the cluster that it read.
    """
    record = cluster_item.give_up_lease(cluster_arn, run, generation, fingerprint)
    if record.holder == run and not has_room:
        following = run_name(ClusterArn.parse(cluster_arn), record.requested)
        record = cluster_item.hand_over_lease(cluster_arn, run, following)
    if record.holder and record.holder != run:
        step_functions.start(record.holder, cluster_arn)
    return record.holder == run


def require_lease(cluster_arn: str, run: str) -> ClusterRecord:
    """
    Return the record of the cluster, after checking that *run* has the lease.

    Tasks call this before they write what other runs would also write.

    A failed run loses its lease, and takes it back when it is redriven. Raises LeaseLost where
    another run has the lease, or has had it since.
    """
    record = cluster_item.read_cluster(cluster_arn)
    if record.holder is None and step_functions.is_running(run):
        record = cluster_item.retake_lease(cluster_arn, run)
    if record.holder != run:
        raise LeaseLost(f"run {record.holder or 'after this one'} has taken the cluster over")
    return record


def free_lease_of(cluster_arn: str, failed_run: str) -> None:
    """Release the lease of a failed run; newer requests get a new run."""
    record = cluster_item.read_cluster(cluster_arn)
    if record.holder == failed_run and record.requested == requested_before(failed_run):
        cluster_item.free_lease(cluster_arn, failed_run)
    elif record.holder:
        following = run_name(ClusterArn.parse(cluster_arn), record.requested)
        _start(cluster_arn, record.holder, following)


def _start(cluster_arn: str, holder: str, run: str) -> str:
    """
    Make sure that the *holder* of the lease runs, and return its name.

    A holder that was never started is started. A holder that failed loses the lease to *run*. If a
    later run has had the lease already, it stays free: that run saw all that *run* would see.
    """
    if step_functions.start(holder, cluster_arn):
        return holder
    successor = cluster_item.take_lease(cluster_arn, run, failed_run=holder).holder
    if successor:
        step_functions.start(successor, cluster_arn)
    return successor or run
