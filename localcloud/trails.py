"""Turn on CloudTrail in each account, which most AWS accounts have; EventBridge needs it."""

from collections.abc import Iterable

from localcloud.deploy import session
from localcloud.settings import ACCOUNTS

NAME = "management-events"


def make_trails(endpoint: str, accounts: Iterable[str] = ACCOUNTS) -> None:
    """Create a trail that logs management events in each account, and turn its logging on."""
    for account in accounts:
        cloudtrail = session(account).client("cloudtrail", endpoint_url=endpoint)
        cloudtrail.create_trail(Name=NAME, S3BucketName=f"trail-of-{account}")
        cloudtrail.start_logging(Name=NAME)
