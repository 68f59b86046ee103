"""Set up change control before a fault is injected: approval, windows, freezes."""

from tests.faults.environment import Environment, add_cluster_and_clients
from tests.faults.setups import with_grace_period_over
from tests.support.change_control import advance_to, remove_terms, scheduled, set_terms

WINDOW = "sat 0000-mon 0000"
"""Begins two days after the beginning of every test, and is longer than any recovery."""


def with_approval_required(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    set_terms(environment.accounts, environment.cluster, approval="required")


def with_one_scheme_approved(environment: Environment) -> None:
    with_approval_required(environment)
    set_terms(environment.accounts, environment.cluster, approved="iam")


def with_approval_given(environment: Environment) -> None:
    """Approve both schemes after a run that waited for it; the tag event was lost."""
    with_approval_required(environment)
    environment.reconcile()
    set_terms(environment.accounts, environment.cluster, approved="iam scram")


def with_window_ahead(environment: Environment) -> None:
    add_cluster_and_clients(environment)
    set_terms(environment.accounts, environment.cluster, window=WINDOW)


def with_window_begun(environment: Environment) -> None:
    """Let the window begin for which the clients wait."""
    with_window_ahead(environment)
    environment.reconcile()
    [begins] = scheduled(environment.accounts)
    advance_to(environment.accounts, begins)


def with_freeze_before_offboarding(environment: Environment) -> None:
    """Freeze the cluster of a client whose removal is due."""
    with_grace_period_over(environment)
    set_terms(environment.accounts, environment.cluster, freeze="incident")


def with_freeze_ended(environment: Environment) -> None:
    """End a freeze for which a removal waited; the tag event was lost."""
    with_freeze_before_offboarding(environment)
    environment.reconcile()
    end_freeze(environment)


def with_freeze_ended_that_began_in_a_run(environment: Environment) -> None:
    """End a freeze that began while a run created connections; the tag event was lost."""
    add_cluster_and_clients(environment)
    freeze_during("CreateVpcConnection", environment)
    environment.reconcile()
    end_freeze(environment)


def freeze_during(operation: str, environment: Environment) -> None:
    """Freeze the cluster just before the next call of *operation*, and deliver its tag event."""

    def freeze() -> None:
        set_terms(environment.accounts, environment.cluster, freeze="incident")
        environment.request_run()

    environment.accounts.meanwhile(operation, freeze)


def end_freeze(environment: Environment) -> None:
    remove_terms(environment.accounts, environment.cluster, "freeze")
