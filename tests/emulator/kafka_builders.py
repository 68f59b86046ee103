"""Build Kafka brokers for tests: a cluster with a VPC connection, a proxy, and raw clients."""

import asyncio
import base64
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import trustme
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from kio.schema.sasl_authenticate.v2.request import SaslAuthenticateRequest
from kio.schema.sasl_handshake.v1.request import SaslHandshakeRequest

from localcloud.kafka.proxy import KafkaProxy, running_proxy
from localcloud.kafka.tokens import Identity, Refused
from localcloud.kafka.wire import Api, decode_response, encode_request, framed
from localcloud.msk import BrokerName, Msk, Scheme
from localcloud.settings import HOST
from tests.emulator.builders import (
    CLIENT,
    OTHER,
    OWNER,
    REGION,
    Emulator,
    policy,
    statement,
)

SECRET = "not-a-secret"
SESSION_KEY = "ASIASESSION"
SESSION_TOKEN = "token/of+the=session"
DEADLINE = 60
USER = "billing"
PASSWORD = "hunter2"
AUTHORITY = "arn:aws:acm-pca:::ca"
"""The private CA of clusters that ALL_SCHEMES_ON describes."""


def keys(access_key_id: str, session_token: str | None) -> Identity:
    """Look up the access keys of three account roots, and of one session of the client."""
    if (access_key_id, session_token) == (SESSION_KEY, SESSION_TOKEN):
        return Identity(SECRET, CLIENT.account, CLIENT.arn)
    if access_key_id not in (OWNER.account, CLIENT.account, OTHER.account):
        raise Refused(f"access key {access_key_id} is not known here")
    return Identity(SECRET, access_key_id, f"arn:aws:iam::{access_key_id}:root")


def run_until_closed[T](work: Callable[[], Awaitable[T]]) -> T:
    """
    Return what *work* returns, after its connections have ended as well.

    aiokafka does not wait for the end of TLS on the connections that it closes.
    """

    async def run() -> T:
        try:
            return await work()
        finally:
            loop: Any = asyncio.get_running_loop()
            async with asyncio.timeout(DEADLINE):
                while any(one._sock for one in [*loop._transports.values()]):
                    await asyncio.sleep(0.01)

    return asyncio.run(run())


def allow_data(emulator: Emulator, cluster_arn: str, *accounts: str) -> None:
    """Allow *accounts* all actions on the cluster, including kafka-cluster actions."""
    current = emulator.call(OWNER, "GetClusterPolicy", ClusterArn=cluster_arn)["CurrentVersion"]
    text = policy(
        statement(
            Principal={"AWS": [CLIENT.account, *accounts]}, Action=["kafka:*", "kafka-cluster:*"]
        )
    )
    emulator.call(
        OWNER, "PutClusterPolicy", ClusterArn=cluster_arn, Policy=text, CurrentVersion=current
    )


@dataclass
class RawKafkaClient:
    """Connects to the proxy without a Kafka library."""

    port: int
    trust: ssl.SSLContext

    def authenticate(self, token: str, host: str) -> str | None:
        """Authenticate with *token* by OAUTHBEARER; return the broker's error message, if any."""
        message = f"n,,\x01auth=Bearer {token}\x01\x01".encode()
        with self.connected(host) as connection:
            _ask(connection, Api.SASL_HANDSHAKE, SaslHandshakeRequest(mechanism="OAUTHBEARER"))
            request = SaslAuthenticateRequest(auth_bytes=message)
            answer = _ask(connection, Api.SASL_AUTHENTICATE, request)
        assert (answer.error_code.value == 58) is (answer.error_message is not None)
        text: str | None = answer.error_message
        return text

    def mechanisms(self, host: str) -> list[str]:
        """Return the SASL mechanisms of a broker."""
        with self.connected(host) as connection:
            asked = SaslHandshakeRequest(mechanism="none")
            return list(_ask(connection, Api.SASL_HANDSHAKE, asked).mechanisms)

    @contextmanager
    def connected(self, host: str) -> Iterator[ssl.SSLSocket]:
        with (
            socket.create_connection((HOST, self.port), DEADLINE) as plain,
            self.trust.wrap_socket(plain, server_hostname=host) as connection,
        ):
            yield connection


@dataclass
class RunningBrokers:
    """Brokers of a cluster with all schemes, which has a SCRAM user and a private CA."""

    emulator: Emulator
    proxy: KafkaProxy
    raw_client: RawKafkaClient
    cluster_arn: str
    authority: trustme.CA
    """The CA of client certificates."""

    def bootstrap(self, scheme: str = "SaslIam") -> list[str]:
        answer = self.emulator.call(CLIENT, "GetBootstrapBrokers", ClusterArn=self.cluster_arn)
        text: str = answer[f"BootstrapBrokerStringVpcConnectivity{scheme}"]
        return sorted(text.split(","))

    def host(self, scheme: str = "SaslIam") -> str:
        return self.bootstrap(scheme)[0].split(":")[0]

    def authenticate(self, token: str) -> str | None:
        return self.raw_client.authenticate(token, self.host())


@contextmanager
def running_brokers() -> Iterator[RunningBrokers]:
    emulator = Emulator()
    arn = emulator.private_cluster(*Scheme)
    allow_data(emulator, arn, OTHER.account)
    for scheme in Scheme:
        emulator.connect(arn, Authentication=scheme.authentication)
    emulator.later(4)
    make_user(emulator, arn)
    authority = trustme.CA()
    emulator.authorities.certificates[AUTHORITY] = authority.cert_pem.bytes()
    with running_proxy(emulator.msk, keys) as proxy:
        trust = ssl.create_default_context(cadata=proxy.authority.decode())
        client = RawKafkaClient(proxy.port, trust)
        yield RunningBrokers(emulator, proxy, client, arn, authority)


def make_user(emulator: Emulator, cluster_arn: str, name: str = USER) -> None:
    """Associate a secret of a user whose password is PASSWORD with the cluster."""
    secret = f"arn:aws:secretsmanager:{REGION}:{OWNER.account}:secret:AmazonMSK_{name}-AbC123"
    emulator.secrets.put(secret, json.dumps({"username": name, "password": PASSWORD}))
    emulator.call(
        OWNER, "BatchAssociateScramSecret", ClusterArn=cluster_arn, SecretArnList=[secret]
    )


class LocalhostClusters:
    """Gives the cluster a single broker, called localhost, in private connectivity by IAM."""

    def __init__(self, msk: Msk, cluster_arn: str) -> None:
        self._msk = msk
        self._arn = cluster_arn
        self.port = 0

    def find_broker(self, host: str) -> BrokerName | None:
        if host != "localhost":
            return None
        return BrokerName(self._arn, REGION, {Scheme.IAM: {1: ("localhost", self.port)}})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._msk, name)


@dataclass
class LocalhostBroker:
    emulator: Emulator
    proxy: KafkaProxy
    cluster_arn: str


@contextmanager
def broker_on_localhost() -> Iterator[LocalhostBroker]:
    """Run a proxy to one broker called localhost, for clients that resolve names in C."""
    emulator = Emulator()
    arn = emulator.private_cluster()
    emulator.connect(arn)
    emulator.later(4)
    clusters = LocalhostClusters(emulator.msk, arn)
    with running_proxy(clusters, keys) as proxy:
        clusters.port = proxy.port
        yield LocalhostBroker(emulator, proxy, arn)


def token(  # noqa: PLR0917 each argument can be wrong by itself
    key: str = CLIENT.account,
    secret: str = SECRET,
    region: str = REGION,
    host: str = f"kafka.{REGION}.amazonaws.com",
    action: str = "kafka-cluster:Connect",
    service: str = "kafka-cluster",
    expires: int = 900,
    session_token: str | None = None,
) -> str:
    """Return a token as aws-msk-iam-sasl-signer creates it, changed by the arguments."""
    request = AWSRequest("GET", f"https://{host}/", params={"Action": action})
    signer = SigV4QueryAuth(
        Credentials(key, secret, session_token), service, region, expires=expires
    )
    signer.add_auth(request)
    return bearer(str(request.prepare().url))


def bearer(url: str) -> str:
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _ask(connection: ssl.SSLSocket, api: Api, payload: Any) -> Any:
    version = payload.__version__
    header = {
        "request_api_key": api,
        "request_api_version": version,
        "correlation_id": 7,
        "client_id": "tests",
    }
    connection.sendall(framed(encode_request(header, payload)))
    with connection.makefile("rb") as stream:
        frame = stream.read(int.from_bytes(stream.read(4)))
    return decode_response(api, version, frame)
