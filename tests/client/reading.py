"""Read parameters that are missing, or that Parameter Store does not return."""

from collections.abc import Callable
from typing import Any

import pytest

from msklink_client import MskLinkError, Parameters


def why(parameters: Parameters, scheme: str = "iam") -> MskLinkError:
    with pytest.raises(MskLinkError) as caught:
        parameters.properties(scheme)
    return caught.value


def break_down(parameters: Parameters, error: Exception) -> None:
    """Make every call of *parameters* to Parameter Store raise *error*."""

    def fail(**_: Any) -> None:
        raise error

    events: Any = parameters._ssm.meta.events
    handler: Callable[..., None] = fail
    events.register("before-call.ssm", handler)
