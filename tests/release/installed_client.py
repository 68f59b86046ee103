"""
Use the installed client library against parameters in moto; runs on every Python that it supports.

    python tests/release/installed_client.py

needs msklink-client and moto. Prints a line, or fails.
"""

import contextlib
import io
import os
import sys

SERVERS = "b-1.iam.orders.example:14001,b-2.iam.orders.example:14002"
PROPERTIES = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "AWS_MSK_IAM",
    "bootstrap.servers": SERVERS,
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def main() -> None:
    os.environ.update(ENVIRONMENT)
    import boto3  # noqa: PLC0415 after the environment
    from moto import mock_aws  # noqa: PLC0415

    from msklink_client.__main__ import main as command  # noqa: PLC0415

    with mock_aws():
        for name, value in PROPERTIES.items():
            boto3.client("ssm").put_parameter(
                Name=f"/msklink/orders/iam/{name}", Value=value, Type="String"
            )
        printed = io.StringIO()
        sys.argv = ["msklink-client", "config", "orders"]
        with contextlib.redirect_stdout(printed):
            code = command()
    lines = printed.getvalue().replace("\\", "").splitlines()
    assert code == 0, code
    assert f"bootstrap.servers={SERVERS}" in lines, lines
    sys.stdout.write(f"a configuration of {len(lines)} lines on Python {sys.version.split()[0]}\n")


if __name__ == "__main__":
    main()
