"""Reports have nothing that says whose account it is."""

import json

import pytest

from tools.smoke.redaction import redacted

SECRET = [
    "123456789012",
    "arn:aws:kafka:eu-west-1:123456789012:cluster/payments/0b1c2d3e-0000-4000-8000-000000000000-12",
    "arn:aws-cn:iam::123456789012:role/admin",
    "arn%3Aaws%3Akafka%3Aeu-west-1%3A123456789012%3Acluster%2Fpayments",
    "vpc-0a1b2c3d4e5f67890",
    "subnet-0a1b2c3d",
    "sg-0a1b2c3d4e5f67890",
    "vpce-0a1b2c3d4e5f67890",
    "b-1.iam.payments.abc123.c3.kafka.eu-west-1.amazonaws.com:14001",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/queue",
    "http://127.0.0.1:4566/123456789012/queue",
    "a.person@example.com",
    "AROAABCDEFGHIJKLMNOPQ",
    "ASIAABCDEFGHIJKLMNOP",
    "0b1c2d3e-0000-4000-8000-000000000000",
    "10.20.30.40",
    "o-a1b2c3d4e5",
]


@pytest.mark.parametrize("secret", SECRET)
@pytest.mark.parametrize("form", ["{}", "it was {}, twice", '{{"key": "{}"}}', "[{}]", "({})"])
def test_what_is_secret_is_taken_out_of_texts(secret: str, form: str) -> None:
    found = redacted(form.format(secret), {})

    assert secret not in found
    assert "123456789012" not in found
    assert "payments" not in found


def test_values_and_keys_of_any_depth_are_redacted() -> None:
    value = {"123456789012": [{"owner": 123456789012, "vpc": ("vpc-0a1b2c3d",)}]}

    assert redacted(value, {}) == {"<account>": [{"owner": "<account>", "vpc": ["<vpc>"]}]}


def test_names_without_a_form_are_replaced_the_longest_first() -> None:
    names = {"orders": "<cluster>", "orders-eu": "<other>"}

    assert redacted("orders-eu and orders", names) == "<other> and <cluster>"


def test_what_is_not_secret_stays() -> None:
    value = {
        "message": "The cluster is UPDATING. It must be ACTIVE for a VPC connection.",
        "schemes": ["SASL_IAM"],
        "version": "3.9.0",
        "seconds": 20.5,
        "on": True,
        "nothing": None,
        "time": "2026-11-28 14:00:00",
    }

    assert json.dumps(redacted(value, {})) == json.dumps(value)
