"""kcat with the file of `msklink-client config`. It has no admin client."""

import json
import subprocess
from pathlib import Path
from tempfile import mkdtemp

from tests.e2e.clients.login import login, msklink_client
from tests.e2e.clients.steps import SECONDS, run


class Kcat:
    def __init__(self, cluster: str, scheme: str) -> None:
        options = [
            word
            for name, value in login(scheme).items()
            for word in (f"--{name.replace('_', '-')}", value)
        ]
        self._file = Path(mkdtemp()) / "client.properties"
        printed = msklink_client("config", cluster, scheme, "--format", "librdkafka", *options)
        self._file.write_text(printed)

    def brokers(self) -> list[str]:
        return [one["name"] for one in json.loads(self._kcat("-L", "-J"))["brokers"]]

    def create_topic(self, topic: str, partitions: int) -> int:
        raise NotImplementedError

    def send(self, topic: str, value: str) -> list[int]:
        place = ("-t", topic, "-p", "0")
        self._kcat("-P", *place, "-X", "enable.idempotence=true", typed=value)
        message = json.loads(self._kcat("-C", *place, "-o", "-1", "-c", "1", "-J"))
        return [message["partition"], message["offset"]]

    def read_one(self, topic: str, group: str) -> str:
        settings = ("auto.offset.reset=earliest", "isolation.level=read_committed")
        options = [word for setting in settings for word in ("-X", setting)]
        return self._kcat(*options, "-c", "1", "-G", group, topic).strip()

    def send_in_transaction(self, topic: str, value: str, transactional_id: str) -> None:
        option = ("-X", f"transactional.id={transactional_id}")
        self._kcat(*option, "-P", "-t", topic, "-p", "0", typed=value)

    def _kcat(self, *words: str, typed: str | None = None) -> str:
        done = subprocess.run(
            ["kcat", "-F", self._file, *words],
            input=typed,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout


if __name__ == "__main__":
    run(Kcat)
