"""
`msklink-client`: what is published for a cluster, and whether it can be reached from here.

Exit code 0 when all is well, 1 when not (what and what to do is printed), 2 for wrong arguments.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from msklink_client import tokens
from msklink_client.configuration import SCHEMES, Credentials, tls_context
from msklink_client.errors import MskLinkError
from msklink_client.formats import FORMATS, Published
from msklink_client.layers import Check, Finding
from msklink_client.logins import login
from msklink_client.parameters import Parameters


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        parameters = Parameters(given.cluster, given.namespace)
        return int(given.do(parameters, given))
    except MskLinkError as error:
        return _fail(error.code, error.message, error.remedy)
    except (BotoCoreError, ClientError) as error:
        return _fail("AwsError", str(error), "Try again in a moment.")


def brokers(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print one broker a line."""
    servers = parameters.properties(given.scheme)["bootstrap.servers"]
    _say(servers.replace(",", "\n"))
    return 0


def config(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print a configuration file."""
    properties = parameters.properties(given.scheme)
    published = Published(parameters.path, given.scheme, properties)
    sys.stdout.write(FORMATS[given.format](published))
    return 0


def check(parameters: Parameters, given: argparse.Namespace) -> int:
    """Say layer by layer what works from here."""
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


def _fail(code: str, message: str, remedy: str) -> int:
    sys.stderr.write(f"msklink-client: {message}\n  {remedy} [{code}]\n")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("cluster", help="name of the cluster, as in the tag msklink/<name>")
    common.add_argument("--scheme", choices=SCHEMES, default="iam", help="default: iam")
    common.add_argument("--namespace", default="msklink", help="default: msklink")

    parser = argparse.ArgumentParser(
        prog="msklink-client",
        description="What MSKLink has published for a cluster, and whether it works from here.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for do, text in (
        (brokers, "the bootstrap brokers, one a line"),
        (config, "a configuration file"),
        (check, "what works from here: DNS, TCP, TLS, SASL, metadata"),
    ):
        one = commands.add_parser(do.__name__, parents=[common], help=text, description=text)
        one.set_defaults(do=do)
        if do is config:
            one.add_argument("--format", choices=tuple(FORMATS), default="java")
        if do is check:
            one.add_argument("--secret", help="secret with username and password, for scram")
            one.add_argument("--certificate-file", help="PEM, for tls")
            one.add_argument("--key-file", help="PEM, for tls")
            one.add_argument("--ca-file", help="PEM, instead of the system's trust store")
            one.add_argument("--timeout", type=float, default=5.0, help="seconds for each broker")
            one.add_argument("--json", action="store_true", help="for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
