"""`check`: find out layer by layer what works from here."""

import argparse
import json
import sys

from msklink_client import tokens
from msklink_client.configuration import Credentials, tls_context
from msklink_client.layers import Check, Finding
from msklink_client.logins import login
from msklink_client.parameters import Parameters


def check(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print what each layer comes to; return 1 if one fails."""
    properties = parameters.properties(given.scheme)
    sign = (
        tokens.token_source(parameters.session, parameters.region)
        if given.scheme == "iam"
        else None
    )
    username, password = parameters.secret(given.secret) if given.secret else (None, None)
    credentials = Credentials(
        sign, username, password, given.ca_file, given.certificate_file, given.key_file
    )
    check = Check(tls_context(credentials), login(given.scheme, credentials), timeout=given.timeout)
    findings = check.run(properties["bootstrap.servers"])
    if given.json:
        _say(json.dumps([finding.as_json() for finding in findings], indent=2))
    else:
        _tell(parameters, given.scheme, findings)
    return 0 if all(finding.good for finding in findings) else 1


def _tell(parameters: Parameters, scheme: str, findings: list[Finding]) -> None:
    _say(f"{'ok':<6} {'parameters':<10} {parameters.path}/{scheme} in {parameters.region}")
    for finding in findings:
        verdict = "ok" if finding.good else "FAILED"
        _say(f"{verdict:<6} {finding.layer.value:<10} {finding.broker}  {finding.detail}")
    failed = {finding.layer: finding.remedy for finding in findings if not finding.good}
    for layer, remedy in failed.items():
        _say(f"\n{layer.value}: {remedy}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
