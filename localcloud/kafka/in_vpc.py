"""
Run a command in any language as in the client's VPC.

    .venv/bin/python -m localcloud.kafka.in_vpc kcat -F orders.properties -L

Broker names resolve to this machine, and the certificates of the brokers are trusted. The command
needs nothing but the published parameters. The names come from nss_wrapper, which answers
getaddrinfo of the C library from a file: librdkafka, Node.js, Java and Python use it.
"""

import ctypes.util
import json
import os
import sys
import urllib.request
from typing import Final

from localcloud.cloud import KafkaEndpoint
from localcloud.kafka.trust_store import PASSWORD

NSS_WRAPPER: Final = "libnss_wrapper.so"


def missing() -> str:
    """Return what is not installed, with the remedy; empty if nothing is missing."""
    if ctypes.util.find_library("nss_wrapper") is None:
        return "nss_wrapper is not installed: apt-get install libnss-wrapper"
    return ""


def environment(kafka: KafkaEndpoint) -> dict[str, str]:
    """
    Return the environment variables for such a process.

    Raises RuntimeError if nss_wrapper is not installed, or the ports of brokers are not claimed.
    """
    if absent := missing():
        raise RuntimeError(absent)
    if not kafka.broker_ports:
        raise RuntimeError(
            f"the brokers' ports are not claimed: {kafka.reason or 'nobody asked for them'}; "
            "claim them by POST /_localcloud/kafka/ports"
        )
    java = {
        "javax.net.ssl.trustStore": kafka.trust_store,
        "javax.net.ssl.trustStorePassword": PASSWORD,
    }
    return {
        "LD_PRELOAD": NSS_WRAPPER,
        "NSS_WRAPPER_HOSTS": str(kafka.hosts_file),
        "SSL_CERT_FILE": str(kafka.ca_file),  # OpenSSL: kcat, Python
        "NODE_EXTRA_CA_CERTS": str(kafka.ca_file),
        "JAVA_TOOL_OPTIONS": " ".join(f"-D{name}={value}" for name, value in java.items()),
    }


def main() -> None:
    if not sys.argv[1:]:
        sys.exit(__doc__)
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_localcloud/kafka") as answer:
        kafka = KafkaEndpoint.of(json.load(answer))
    try:
        os.execvpe(sys.argv[1], sys.argv[1:], os.environ | environment(kafka))
    except (OSError, RuntimeError) as error:
        sys.exit(f"{' '.join(sys.argv[1:])}: {error}")


if __name__ == "__main__":
    main()
