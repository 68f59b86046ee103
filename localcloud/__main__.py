"""
`make local`: run the embedded AWS with both stacks until Ctrl-C or SIGTERM.

Prints the settings for a user; the last line starts with `ready`.
"""

import json
import signal
import sys
import threading
from dataclasses import replace

from localcloud.cloud import Cloud, embedded_aws
from localcloud.owner_page import owner_page
from localcloud.settings import settings

GUIDE = """\
endpoint  {endpoint}
owner     {owner}  VPC {owner_vpc}  stack msklink
clients   {client}  VPC {client_vpc}  stack msklink-client
          {second}  VPC {second_vpc}  stack msklink-client
Region    {region}
log       {log}

Any AWS tool works; the access key id is the account. The main job:

  export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={region} AWS_SECRET_ACCESS_KEY=x
  export AWS_ACCESS_KEY_ID={owner}
  arn=$(aws kafka create-cluster-v2 --cluster-name orders --query ClusterArn --output text \\
      --provisioned '{cluster}')
  aws kafka tag-resource --resource-arn $arn --tags 'msklink=auto,msklink/clients={client}'

  export AWS_ACCESS_KEY_ID={client}
  aws ec2 create-tags --resources {client_vpc} --tags Key=msklink/orders,Value=iam
  aws ssm get-parameters-by-path --path /msklink/orders --recursive  # in about a minute

Watch it, as the owner: open the page below, or AWS_ACCESS_KEY_ID={owner} cli/msklink watch orders
"""


def main() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _stop(stop))
    chosen = settings()
    with (
        embedded_aws(replace(chosen, state=chosen.state / "server", broker_ports=True)) as cloud,
        owner_page(cloud) as page,
    ):
        print_guide(cloud, page)
        stop.wait()


def _stop(stop: threading.Event) -> None:
    """End the wait, or interrupt the start."""
    if stop.is_set():
        return
    stop.set()
    raise KeyboardInterrupt


def cluster(subnet_ids: list[str]) -> dict[str, object]:
    """Return the smallest Provisioned block of a cluster that clients can connect to."""
    return {
        "KafkaVersion": "3.6.0",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": {"InstanceType": "kafka.m7g.large", "ClientSubnets": subnet_ids},
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
    }


def print_guide(cloud: Cloud, page: str) -> None:
    client, second = cloud.clients
    guide = GUIDE.format(
        endpoint=cloud.endpoint,
        region=cloud.region,
        owner=cloud.owner,
        owner_vpc=cloud.networks[cloud.owner].vpc_id,
        client=client,
        client_vpc=cloud.networks[client].vpc_id,
        second=second,
        second_vpc=cloud.networks[second].vpc_id,
        log=cloud.log,
        cluster=json.dumps(cluster(cloud.networks[cloud.owner].subnet_ids)),
    )
    sys.stdout.write(f"{guide}\nready  {cloud.endpoint}  page {page}  (Ctrl-C stops both)\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
    except RuntimeError as error:
        sys.exit(str(error))
