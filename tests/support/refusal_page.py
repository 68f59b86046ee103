"""Generate docs/refusals.md from the messages; `make docs` writes it."""

import re
import string

from msklink.refusals import MESSAGES, WARNINGS, Code
from tests.support.cloudformation import ROOT

PAGE = ROOT / "docs/refusals.md"

HEAD = """\
# Refusals

When MSKLink cannot do what a client or an owner requests, it publishes a refusal: in the status
parameter of the client's account (`/msklink/<cluster>/status`), as `Client Refused` or
`Cluster Refused` on the bus, in the table, and in the metric `Refusals` by code. A refusal does not
fail the run, which continues for all other clients. It never removes an existing connection.

Codes are stable: other systems may match on them. Words in *italics* are placeholders. After the
remedy, the next tag change or event makes MSKLink try again.
"""


def page() -> str:
    """Return the page."""
    refusals = [_entry(code) for code in Code if code not in WARNINGS]
    warnings = [_entry(code) for code in Code if code in WARNINGS]
    heading = "\n## Warnings\n\nPublished in the same form, under `warnings`; nothing is refused.\n"
    return "\n".join([HEAD, *refusals]) + "\n" + heading + "\n" + "\n".join(warnings)


def _entry(code: Code) -> str:
    message, remedy = MESSAGES[code]
    return f"### {code}\n\n{_plain(message)}\n\n**Remedy.** {_plain(remedy)}\n"


def _plain(text: str) -> str:
    """Return *text* with its placeholders as words in italics."""
    parts = [
        literal + (f"*{re.sub('_', ' ', name)}*" if name else "")
        for literal, name, _, _ in string.Formatter().parse(text)
    ]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
