"""The properties of a Kafka client, as published for applications.

Property names and values are those of the README of aws/aws-msk-iam-auth and of the MSK developer
guide ("Client authentication"). Secrets are never published, so SCRAM has no `sasl.jaas.config`.
"""

from msklink.auth_scheme import Scheme

BOOTSTRAP_SERVERS = "bootstrap.servers"

# A Network Load Balancer silently drops a connection that is idle for 350 s, so the client closes
# it before that (Elastic Load Balancing user guide, connection idle timeout).
IDLE_MS = "300000"

PROPERTIES: dict[Scheme, dict[str, str]] = {
    Scheme.IAM: {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "AWS_MSK_IAM",
        "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
        "sasl.client.callback.handler.class": (
            "software.amazon.msk.auth.iam.IAMClientCallbackHandler"
        ),
    },
    Scheme.SCRAM: {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"},
    Scheme.TLS: {"security.protocol": "SSL"},
}


def client_properties(scheme: Scheme, brokers: str) -> dict[str, str]:
    """
    Return the properties of a client that connects by *scheme*, in the order to write them.

    *brokers* is a string of GetBootstrapBrokers. MSK returns its hosts in any order, so they are
    sorted. `bootstrap.servers` is last: where it exists, the others do.
    """
    return {
        **PROPERTIES[scheme],
        "connections.max.idle.ms": IDLE_MS,
        BOOTSTRAP_SERVERS: ",".join(sorted(brokers.split(","))),
    }
