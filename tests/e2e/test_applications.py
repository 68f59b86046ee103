"""Applications of a client team connect, with nothing but their credentials and a name."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from localcloud import application
from localcloud.cloud import Cloud
from localcloud.settings import credentials
from tests.e2e.aws_cli import eventually
