"""The Kafka proxy of the server, with the files that clients on this machine need."""

from typing import Any

from localcloud.iam import access_keys
from localcloud.kafka.broker_ports import BrokerPorts, PortTaken
from localcloud.kafka.broker_processes import BrokerProcesses
from localcloud.kafka.proxy import KafkaProxy
from localcloud.kafka.trust_store import java_trust_store
from localcloud.msk import Msk
from localcloud.settings import HOST, Settings


class KafkaService:
    """Runs the proxy from its creation to the end of the process."""

    def __init__(self, chosen: Settings, msk: Msk, brokers: BrokerProcesses) -> None:
        self._msk = msk
        self._proxy = KafkaProxy(msk, access_keys.identity, brokers)
        folder = chosen.state.resolve()
        self._ca_file = folder / "kafka-ca.pem"
        self._ca_file.write_bytes(self._proxy.authority)
        self._trust_store = folder / "kafka-ca.p12"
        self._trust_store.write_bytes(java_trust_store(self._proxy.authority))
        self._hosts_file = folder / "kafka-hosts"
        self._proxy.start()
        self._ports = BrokerPorts(self._proxy.listen_on)
        self._refusal = ""
        if chosen.broker_ports:
            try:
                self._ports.claim()
            except PortTaken as error:
                self._refusal = str(error)

    def endpoint(self) -> dict[str, Any]:
        """Return the fields of cloud.KafkaEndpoint, and write the current broker names."""
        names = self._msk.broker_names()
        self._hosts_file.write_text("".join(f"{HOST} {name}\n" for name in names))
        return {
            "port": self._proxy.port,
            "ca_file": str(self._ca_file),
            "trust_store": str(self._trust_store),
            "hosts_file": str(self._hosts_file),
            "broker_ports": self._ports.claimed,
            "reason": "" if self._ports.claimed else self._refusal,
        }

    def claim_ports(self) -> dict[str, Any]:
        """Listen on the ports of bootstrap strings as well. Raises PortTaken."""
        self._ports.claim()
        return self.endpoint()

    def release_ports(self) -> dict[str, Any]:
        self._ports.release()
        return self.endpoint()
