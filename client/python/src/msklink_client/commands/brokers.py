"""`brokers` and `config`: print what an application connects with."""

import argparse
import sys

from msklink_client import arguments
from msklink_client.configuration import Credentials
from msklink_client.formats import FORMATS, Published
from msklink_client.parameters import Parameters


def brokers(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print one broker a line."""
    servers = parameters.properties(given.scheme)["bootstrap.servers"]
    sys.stdout.write(servers.replace(",", "\n") + "\n")
    return 0


def config(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print a file; with a user or secret, it has the password, except for Spring."""
    arguments.login(given.scheme, given.secret, given.user, given.certificate_file, given.key_file)
    properties = parameters.properties(given.scheme)
    secret = parameters.secret_of(given.user) if given.user else given.secret
    is_read = secret and given.format != "spring"  # Spring reads it at start
    username, password = parameters.secret(secret) if is_read else (None, None)
    credentials = Credentials(
        username=username,
        password=password,
        certificate_file=given.certificate_file,
        key_file=given.key_file or given.certificate_file,
    )
    published = Published(parameters.path, given.scheme, properties, credentials, secret)
    sys.stdout.write(FORMATS[given.format](published))
    return 0
