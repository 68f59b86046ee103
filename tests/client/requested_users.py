"""Users for SCRAM as MSKLink publishes them: in the status, as a parameter, with a secret."""

import json
from typing import Any

from msklink.arns import ClusterArn
from msklink.users import record
from tests.client.conftest import Store
from tests.unit.factories import ARN

ACLS = tuple(
    "bin/kafka-acls.sh --bootstrap-server $BROKERS --command-config admin.properties --add "
    f"--allow-principal User:billing --operation {operation} --topic billing.payments"
    for operation in ("Read", "Write")
)


def secret_name(user: str, account: str = "123456789012") -> str:
    return record.secret_name("msklink", account, ClusterArn.parse(ARN), user)


def put_status(
    store: Store, *vpcs: str, users: dict[str, Any], warnings: tuple[Any, ...] = ()
) -> None:
    """Put the status of connections by scram of *vpcs*, each of which requests *users*."""
    entry = {"state": "published", "users": users, "warnings": [*warnings]}
    store.put_status(
        cluster_arn=ARN,
        state="published",
        vpcs={vpc: {"scram": entry} for vpc in vpcs},
        updated="2026-01-01T00:00:00+00:00",
    )


def create(store: Store, user: str, password: str = "pass") -> str:
    """Create the secret of *user* and publish its ARN, which is returned."""
    content = json.dumps({"username": user, "password": password})
    arn = store.keep_secret(secret_name(user), content)
    store.put(f"/msklink/orders/users/{user}", arn)
    return arn
