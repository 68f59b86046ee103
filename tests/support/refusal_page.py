"""docs/refusals.md, made from the catalogue; `make docs` writes it and a test compares it."""

import re
import string

from msklink.refusals import MESSAGES, WARNINGS, Code
from tests.support.cloudformation import ROOT

PAGE = ROOT / "docs/refusals.md"

HEAD = """\
# Refusals

When MSKLink cannot do what is asked for, it says so where the people are who can help: in the
status parameter of the client's account (`/msklink/<cluster>/status`), as `Client Refused` or
`Cluster Refused` on the bus, in the table, and in the metric `Refusals` by code. A refusal is an
answer: the run goes on for everybody else, and ends well. No connection that was there is taken
away for it.

Codes are stable: other systems may match on them. Words in *italics* stand for the facts of the
case. Where the remedy is carried out, the next tag change or event makes MSKLink look again.
"""


def page() -> str:
    """The whole page."""
    refusals = [_entry(code) for code in Code if code not in WARNINGS]
    warnings = [_entry(code) for code in Code if code in WARNINGS]
    told = "\n## Warnings\n\nTold in the same form, under `warnings`, but nothing is refused.\n"
    return "\n".join([HEAD, *refusals]) + "\n" + told + "\n" + "\n".join(warnings)


def _entry(code: Code) -> str:
    message, remedy = MESSAGES[code]
    return f"### {code}\n\n{_plain(message)}\n\n**Remedy.** {_plain(remedy)}\n"


def _plain(text: str) -> str:
    """*text* with its placeholders as words in italics."""
    parts = [
        literal + (f"*{re.sub('_', ' ', name)}*" if name else "")
        for literal, name, _, _ in string.Formatter().parse(text)
    ]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
