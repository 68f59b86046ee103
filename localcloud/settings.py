"""The settings of the embedded AWS: port, speed, and the folder of its state."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
REGION = "eu-west-1"
OWNER = "111111111111"
CLIENTS = ("222222222222", "333333333333")
ACCOUNTS = (OWNER, *CLIENTS)

DEFAULT_PORT = 4566
DEFAULT_TIME_SCALE = 0.01
PAUSED = 0.0
DEFAULT_GRACE_HOURS = 24.0

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    port: int = DEFAULT_PORT
    time_scale: float = DEFAULT_TIME_SCALE
    """Real seconds for each simulated second; PAUSED if only the control API advances the clock."""
    state: Path = REPOSITORY / ".localcloud"
    grace_hours: float = DEFAULT_GRACE_HOURS
    broker_ports: bool = False
    """Whether Kafka clients are also served on the ports that bootstrap strings carry."""

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the settings as environment variables of a server process."""
        return {
            "MSKLINK_PORT": str(self.port),
            "MSKLINK_TIME_SCALE": str(self.time_scale),
            "MSKLINK_STATE": str(self.state),
            "MSKLINK_BROKER_PORTS": str(self.broker_ports).lower(),
        }


def settings() -> Settings:
    return Settings(
        port=int(os.environ.get("MSKLINK_PORT", DEFAULT_PORT)),
        time_scale=float(os.environ.get("MSKLINK_TIME_SCALE", DEFAULT_TIME_SCALE)),
        state=Path(os.environ.get("MSKLINK_STATE", REPOSITORY / ".localcloud")),
        grace_hours=float(os.environ.get("MSKLINK_GRACE_HOURS", DEFAULT_GRACE_HOURS)),
        broker_ports=os.environ.get("MSKLINK_BROKER_PORTS") == "true",
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def credentials(account: str) -> dict[str, str]:
    """Return credentials of the root of *account*, whose access key id is the account id."""
    return {
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }


def clean_environment(endpoint: str) -> dict[str, str]:
    """Return the environment of this process without settings that could reach the real AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | aimed_at(endpoint)


def aimed_at(endpoint: str) -> dict[str, str]:
    """Return the variables by which AWS tools use *endpoint*, and only explicit credentials."""
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }
