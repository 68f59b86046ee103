"""What a dry run answers in place of services that only tell, schedule, start or probe."""

import io
import json
from datetime import UTC, datetime

from msklink.aws.dry_run.call import Answer, Call


class SilentOverlay:
    """A service whose calls have no effect that a later call reads."""

    def __init__(self, **answers: Answer) -> None:
        self._answers = answers

    def answer(self, call: Call) -> Answer | None:
        return self._answers.get(call.operation)

    def amend(self, call: Call, answer: Answer) -> None:
        """Change nothing."""


class ProbeOverlay(SilentOverlay):
    """The probe of a client account; a dry run assumes that it reaches all brokers."""

    def answer(self, call: Call) -> Answer | None:
        if call.operation != "Invoke":
            return None
        good = {"layer": "metadata", "broker": "", "good": True, "detail": "", "remedy": ""}
        found = json.dumps({scheme: [good] for scheme in json.loads(call.parameters["Payload"])})
        return {"StatusCode": 200, "Payload": io.BytesIO(found.encode())}


EVENTS = SilentOverlay(PutEvents={"FailedEntryCount": 0, "Entries": []})
SCHEDULES = SilentOverlay(CreateSchedule={})
RUNS = SilentOverlay(StartExecution={"startDate": datetime(1970, 1, 1, tzinfo=UTC)})
