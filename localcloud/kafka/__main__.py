"""
Run `msklink-client` on the embedded AWS, with broker names resolved as in the client's VPC.

    PYTHONPATH=client/python/src .venv/bin/python -m localcloud.kafka check orders

The environment has credentials and AWS_ENDPOINT_URL, as for the AWS CLI (docs/local.md).
"""

import json
import os
import sys
import urllib.request

from localcloud.cloud import KafkaEndpoint
from localcloud.kafka import resolver
from msklink_client.command import main

with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/_localcloud/kafka") as answer:
    endpoint = KafkaEndpoint.of(json.load(answer))
os.environ["SSL_CERT_FILE"] = str(endpoint.ca_file)
resolver.install(endpoint.port)
sys.exit(main())
