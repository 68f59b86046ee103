"""Start `msklink-client`, so that Ctrl-C prints no traceback while boto3 is imported."""

import sys

INTERRUPTED = 130
"""What shells make of Ctrl-C, and the AWS CLI returns (AWS CLI user guide, return codes)."""


def main() -> int:
    try:
        from msklink_client import command  # noqa: PLC0415 see above

        return command.main()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
