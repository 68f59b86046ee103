"""
`msklink-client`: request connections, see what is published, and find out whether it works.

Exit code 0 when all is well or there is nothing to do, 1 for an error, 2 for wrong arguments.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

import boto3
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from msklink_client import output
from msklink_client.__main__ import INTERRUPTED
from msklink_client.commands import check, leave, request
from msklink_client.commands.brokers import brokers, config
from msklink_client.commands.status import status
from msklink_client.errors import MskLinkError, sentence
from msklink_client.formats import FORMATS
from msklink_client.login_options import SCHEMES
from msklink_client.parameters import Parameters
from msklink_client.version import version

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        code = int(given.do(_session(given), given))
        sys.stdout.flush()
    except MskLinkError as error:
        return _fail(error)
    except ClientError as error:
        return _fail(MskLinkError("AwsError", sentence(error), "Try again in a moment."))
    except BotoCoreError as error:
        remedy = "Check the Region, the profile and the network, then try again."
        return _fail(MskLinkError("AwsError", sentence(error), remedy))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has gone, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _session(given: argparse.Namespace) -> boto3.Session:
    """Return the session of the profile and Region that are given."""
    try:
        session = boto3.Session(profile_name=given.profile, region_name=given.region)
    except ProfileNotFound as error:
        raise MskLinkError(
            "BadArgument", sentence(error), "List those there are: aws configure list-profiles."
        ) from error
    if not session.region_name:
        raise MskLinkError(
            "NoRegion",
            "No AWS Region is set.",
            "Add --region with that of the cluster, or set AWS_DEFAULT_REGION.",
        )
    return session


def _fail(error: MskLinkError) -> int:
    lines = map(output.plain, str(error).splitlines())
    sys.stderr.write("msklink-client: " + "\n".join(lines) + "\n")
    return 1


def _of_parameters(
    do: Callable[[Parameters, argparse.Namespace], int],
) -> Callable[[boto3.Session, argparse.Namespace], int]:
    """Return the command *do*, which reads the parameters of one cluster."""
    return lambda session, given: do(Parameters(given.cluster, given.namespace, session), given)


def _prepared(
    do: Callable[[boto3.Session, argparse.Namespace], int],
) -> Callable[[boto3.Session, argparse.Namespace], int]:
    """Return the command *do*, for which the output is prepared first."""

    def prepared(session: boto3.Session, given: argparse.Namespace) -> int:
        output.prepare(given.output)
        return do(session, given)

    return prepared


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="msklink-client",
        description="Connect VPCs to Amazon MSK clusters by MSKLink, and see whether it works.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_status(commands)
    _add_changes(commands)
    _add_connecting(commands)
    return parser


def _add_status(commands: Commands) -> None:
    text = "what is published for this account: states, refusals with their remedies, brokers"
    one = commands.add_parser(
        "status", parents=[_credentials(), _output()], help=text, description=text
    )
    one.add_argument("cluster", nargs="?", help="name or ARN; without it, all clusters")
    one.set_defaults(do=_prepared(status))


def _add_changes(commands: Commands) -> None:
    for module, do, text in (
        (request, request.request, "ask for a connection of a VPC to a cluster"),
        (leave, leave.leave, "take the request of a VPC back, and so its connections"),
    ):
        parents = [_credentials(), _output()]
        one = commands.add_parser(do.__name__, parents=parents, help=text, description=text)
        one.add_argument("cluster", help="name or ARN of the cluster")
        one.add_argument("--yes", "-y", action="store_true", help="do not ask; for scripts")
        module.add_options(one)
        one.set_defaults(do=_prepared(do))


def _add_connecting(commands: Commands) -> None:
    for do, text in (
        (brokers, "the bootstrap brokers, one a line"),
        (config, "a configuration file"),
        (check.check, "what works from here: DNS, TCP, TLS, SASL, metadata, topic"),
    ):
        parents = [_credentials()]
        one = commands.add_parser(do.__name__, parents=parents, help=text, description=text)
        one.add_argument("cluster", help="name of the cluster, as in the tag msklink/<name>")
        one.add_argument("--scheme", choices=SCHEMES, default="iam", help="default: iam")
        one.set_defaults(do=_of_parameters(do))
        if do is not brokers:
            _add_login(one)
        if do is config:
            one.add_argument("--format", choices=tuple(FORMATS), default="java")
        if do is check.check:
            check.add_options(one)


def _add_login(parser: argparse.ArgumentParser) -> None:
    """Add the options for a login: a user or secret, a certificate."""
    parser.add_argument("--user", help="a user of the request, for scram; see status")
    parser.add_argument(
        "--secret", help="name or ARN of a secret with username and password, for scram"
    )
    parser.add_argument("--certificate-file", help="PEM, for tls; with the CAs that signed it")
    parser.add_argument("--key-file", help="PEM, for tls; if it is not in --certificate-file")


def _credentials() -> argparse.ArgumentParser:
    """Return the options that say where to look, as the AWS CLI has them."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--profile", help="as in the files of the AWS CLI")
    parser.add_argument("--region", help="Region of the cluster")
    parser.add_argument("--namespace", default="msklink", help="default: msklink")
    return parser


def _output() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--output", choices=output.FORMATS, default="table", help="default: table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
