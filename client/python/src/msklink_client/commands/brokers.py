"""`brokers` and `config`: print what an application connects with."""

import argparse
import sys

from msklink_client.formats import FORMATS, Published
from msklink_client.parameters import Parameters


def brokers(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print one broker a line."""
    servers = parameters.properties(given.scheme)["bootstrap.servers"]
    sys.stdout.write(servers.replace(",", "\n") + "\n")
    return 0


def config(parameters: Parameters, given: argparse.Namespace) -> int:
    """Print a configuration file."""
    properties = parameters.properties(given.scheme)
    published = Published(parameters.path, given.scheme, properties)
    sys.stdout.write(FORMATS[given.format](published))
    return 0
