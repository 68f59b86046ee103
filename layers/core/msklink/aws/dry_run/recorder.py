"""Record the calls that would change something, and answer them without AWS."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import botocore.session

from msklink.aws.dry_run.call import Answer, Call, Overlay, PlannedError

GENERATED = "(a generated password)"

_current: ContextVar["Recorder | None"] = ContextVar("dry run", default=None)


class Recorder:
    """Records the calls of one dry run; *overlays* are what they change, by service."""

    def __init__(self, owner: str, overlays: Mapping[str, Overlay]) -> None:
        self.calls: list[Call] = []
        """The calls that would change something, in order."""
        self.owner = owner
        """The account of our own session."""
        self._overlays = overlays

    def answer(self, call: Call) -> Answer | None:
        """
        Return the answer to *call*; None where AWS is to answer.

        Raises PlannedError. Raises NotImplementedError for a call that would change something in a
        way that is not known here: it must not reach AWS.
        """
        overlay = self._overlays.get(call.service)
        answer = overlay.answer(call) if overlay else None
        if call.writes:
            if answer is None:
                raise NotImplementedError(f"{call.operation} in a dry run")
            self.calls.append(_kept(call))
        return answer

    def amend(self, call: Call, answer: Answer) -> None:
        if overlay := self._overlays.get(call.service):
            overlay.amend(call, answer)


def _kept(call: Call) -> Call:
    """
    Return a copy of *call* to keep, without a password: a plan is for many to read.

    The token that botocore adds to some calls is left out too.
    """
    parameters = copy.deepcopy(dict(call.parameters))
    parameters.pop("ClientRequestToken", None)
    if "SecretString" in parameters:
        parameters["SecretString"] = GENERATED
    return replace(call, parameters=parameters)


def is_dry_run() -> bool:
    """Return whether this is a dry run, in which nothing is changed."""
    return _current.get() is not None


@contextmanager
def dry_run(recorder: Recorder) -> Iterator[Recorder]:
    """Make all calls inside a dry run that *recorder* records."""
    token = _current.set(recorder)
    try:
        yield recorder
    finally:
        _current.reset(token)


def observe(core: botocore.session.Session, account: str = "") -> None:
    """
    Let clients of *core* take part in dry runs.

    *account* is that of the session; empty for our own.
    """

    def keep(params: Any, context: dict[str, Any], **_: object) -> None:
        context["msklink_parameters"] = params

    def answer(model: Any, context: dict[str, Any], **_: object) -> tuple[Any, Answer] | None:
        recorder = _current.get()
        if recorder is None:
            return None
        try:
            found = recorder.answer(_call(recorder, model, context))
        except PlannedError as error:
            return SimpleNamespace(status_code=400), error.response | _metadata(400)
        if found is None:
            return None
        context["msklink_answered"] = True
        return SimpleNamespace(status_code=200), found | _metadata(200)

    def amend(parsed: Answer, model: Any, context: dict[str, Any], **_: object) -> None:
        recorder = _current.get()
        if recorder and "Error" not in parsed and "msklink_answered" not in context:
            recorder.amend(_call(recorder, model, context), parsed)

    def _call(recorder: Recorder, model: Any, context: dict[str, Any]) -> Call:
        service, parameters = model.service_model.service_name, context["msklink_parameters"]
        return Call(service, model.name, account or recorder.owner, parameters)

    core.register("before-parameter-build", keep)  # type: ignore[arg-type]  # takes the keywords it needs
    core.register("before-call", answer)  # type: ignore[arg-type]  # takes the keywords it needs
    core.register("after-call", amend)  # type: ignore[arg-type]  # takes the keywords it needs


def _metadata(status: int) -> Answer:
    return {"ResponseMetadata": {"HTTPStatusCode": status}}
