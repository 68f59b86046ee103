"""Emulate the probes of client accounts in moto: their VPC and their answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.awslambda.models import LambdaFunction
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.ec2.models import ec2_backends

ProbeAnswer = Callable[[dict[str, str]], Any]
"""Returns the answer to a question, or raises MemoryError for a function that fails."""


def finding(layer: str = "metadata", detail: str = "", **changes: Any) -> dict[str, Any]:
    found = {"layer": layer, "broker": "b-1:14001", "good": True, "detail": detail, "remedy": ""}
    return found | changes


def all_checks_pass(question: dict[str, str]) -> Any:
    return {scheme: [finding("DNS"), finding()] for scheme in question}


def name_does_not_resolve(question: dict[str, str]) -> Any:
    failed = finding("DNS", "Name or service not known", good=False, remedy="Turn DNS on.")
    return {scheme: [failed] for scheme in question}


@contextmanager
def probes_in_moto(probe_answers: Mapping[str, ProbeAnswer]) -> Iterator[None]:
    """Let the probe of each client account answer by *probe_answers*."""

    def invoke(backend: LambdaSimpleBackend, _name: str, *arguments: Any) -> bytes:
        _qualifier, body, _headers, response_headers = arguments
        try:
            return json.dumps(probe_answers[backend.account_id](json.loads(body))).encode()
        except MemoryError:
            response_headers["x-amz-function-error"] = "Unhandled"
            return b'{"errorType": "MemoryError"}'

    with (
        mock.patch.object(LambdaSimpleBackend, "invoke", invoke),
        mock.patch.object(LambdaFunction, "vpc_config", property(_vpc_config)),
    ):
        yield


def _vpc_config(function: LambdaFunction) -> dict[str, Any]:
    """Return the configuration with the VPC of its subnets; moto has one VPC for all."""
    config: dict[str, Any] = function._vpc_config or {}
    subnets = ec2_backends[function.account_id][function.region]
    vpcs = {subnets.get_subnet(subnet).vpc_id for subnet in config.get("SubnetIds", ())}
    return {**config, "VpcId": next(iter(vpcs), "")}
