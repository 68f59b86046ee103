"""Run node/client.js with the blocks for KafkaJS of docs/languages.md and docs/client.md."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.client.guide import CLIENT, LANGUAGES, blocks, sections
from tests.e2e.clients.login import certificates, msklink_client

FOLDER = Path(__file__).parent / "node"


def module(cluster: str, scheme: str) -> str:
    """Return a module that exports a client of KafkaJS, or the promise of one."""
    if scheme == "iam":
        [block] = blocks(sections(LANGUAGES)["Node.js: KafkaJS"], "js")
        client = f"connect(process.env.AWS_REGION, {json.dumps(cluster)})"
        return f"{block}\nmodule.exports = {client};\n"
    [block] = blocks(sections(CLIENT)["Node.js"], "js")
    names = {
        "brokers": msklink_client("brokers", cluster, scheme).split(),
        "username": os.environ["SCRAM_USER"],
        "password": os.environ["SCRAM_PASSWORD"],
    }
    given = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in names.items())
    exported = f'module.exports = new (require("kafkajs").Kafka)({scheme});'
    return f"{given}{block}\n{exported}\n"


def main() -> None:
    cluster, scheme, prefix = sys.argv[1:]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "kafka.js"
        file.write_text(module(cluster, scheme))
        given = {"KAFKA": str(file), "NODE_PATH": str(FOLDER / "node_modules")}
        done = subprocess.run(
            ["node", str(FOLDER / "client.js"), prefix],
            cwd=certificates(),
            env=os.environ | given,
            check=False,
        )
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
