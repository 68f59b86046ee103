"""Read properties files by Java itself, as Kafka's clients and tools do."""

import shutil
import subprocess
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("ReadProperties.java")

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")


def read(texts: Sequence[str], folder: Path) -> list[dict[str, str]]:
    """Return the properties in each text, and module, flag and options of `sasl.jaas.config`."""
    files = [folder / f"client-{number}.properties" for number, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    command = ["java", "-XX:TieredStopAtLevel=1", str(PROGRAM), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = []
    for line in done.stdout.splitlines():
        if line == "file":
            found.append({})
        else:
            name, value = line.split(" ")
            found[-1][name] = b64decode(value).decode()
    return found
