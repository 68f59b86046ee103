"""Take the lease of a cluster, give it up, hand it on; the rules are in `runs.lease`.

Each function can die between any two of its calls and be called again: the lease says by its
holder's name what is still to do, and starting a run twice starts it once.
"""

from msklink.arns import ClusterArn
from msklink.aws import cluster_item, step_functions
from msklink.errors import LeaseLost
from msklink.runs.cluster_record import ClusterRecord
from msklink.runs.lease import requested_before, run_name


def request_run(cluster_arn: str) -> str:
    """Name of the run that sees what is asked for now: a new one, or the one under way."""
    requested = cluster_item.add_request(cluster_arn)
    run = run_name(ClusterArn.parse(cluster_arn), requested)
    holder = cluster_item.take_lease(cluster_arn, run).holder
    return _start(cluster_arn, holder, run) if holder else run


def conclude_round(
    cluster_arn: str, run: str, generation: int, *, has_room: bool, fingerprint: str = ""
) -> bool:
    """
    Whether *run* must go another round, because more was asked for than it saw in *generation*.

    If not, it has given the lease up: to nobody, or without room in its history for another round
    to a new run. *fingerprint* is that of the cluster as it saw it.
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
    The record of the cluster, having made sure that *run* has the lease.

    For tasks that write what other runs would write as well.

    A run that failed lost it, and takes it back when it is redriven. Raises LeaseLost where another
    run has it, or has had it since.
    """
    record = cluster_item.read_cluster(cluster_arn)
    if record.holder is None and step_functions.is_running(run):
        record = cluster_item.retake_lease(cluster_arn, run)
    if record.holder != run:
        raise LeaseLost(f"run {record.holder or 'after this one'} has taken the cluster over")
    return record


def free_lease_of(cluster_arn: str, failed_run: str) -> None:
    """Free the lease of a run that failed; what was asked for since it began gets a new one."""
    record = cluster_item.read_cluster(cluster_arn)
    if record.holder == failed_run and record.requested == requested_before(failed_run):
        cluster_item.free_lease(cluster_arn, failed_run)
    elif record.holder:
        following = run_name(ClusterArn.parse(cluster_arn), record.requested)
        _start(cluster_arn, record.holder, following)


def _start(cluster_arn: str, holder: str, run: str) -> str:
    """
    Make sure that the *holder* of the lease runs, and return its name.

    A holder that was never started is started; one that ended without giving the lease up, because
    it failed, loses it to *run*. Nobody gets it when a later run had it already, which has seen all
    that *run* would see.
    """
    if step_functions.start(holder, cluster_arn):
        return holder
    successor = cluster_item.take_lease(cluster_arn, run, failed_run=holder).holder
    if successor:
        step_functions.start(successor, cluster_arn)
    return successor or run
