"""Run java/Client.java with the file of `msklink-client config`."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.clients.login import certificates, msklink_client

FOLDER = Path(__file__).parent / "java"


def main() -> None:
    cluster, scheme, prefix = sys.argv[1:]
    options = {
        "scram": ("--secret", os.environ["SECRET"]),
        "tls": ("--certificate-file", str(certificates() / "keystore.pem")),
    }[scheme]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "client.properties"
        file.write_text(msklink_client("config", cluster, scheme, *options))
        command = ["java", "-cp", f"{FOLDER}/lib/*", f"{FOLDER}/Client.java", str(file), prefix]
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
