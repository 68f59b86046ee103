"""`make smoke`: read the options, connect, run, and end as a shell expects."""

import sys
from collections.abc import Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from msklink_cli.errors import CommandError, aws_error
from tools.smoke import runner
from tools.smoke.accounts import connect
from tools.smoke.clock import RealClock
from tools.smoke.options import parse
from tools.smoke.screen import Terminal
from tools.smoke.smoke import Smoke
from tools.smoke.state import NAME, State
from tools.smoke.steps import NAMES

INTERRUPTED: Final = 130


def main(words: Sequence[str]) -> int:
    """Run with *words*, and return the exit code. An error is one line with its remedy."""
    screen = Terminal()
    try:
        options = parse(words, NAMES)
        owner, client = connect(options)
        state = State(options.folder / NAME)
        state.settle_in(
            {
                "owner": owner.id,
                "client": client.id,
                "region": owner.region,
                "cluster": options.cluster,
                "namespace": options.namespace,
            }
        )
        return runner.run(Smoke(options, owner, client, state, screen, RealClock()))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (CommandError, BotoCoreError, ClientError) as error:
        problem = error if isinstance(error, CommandError) else aws_error(error)
        sys.stderr.write(f"smoke: {problem.line}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
