"""Configurations: named `server.properties`, with one revision in this emulator."""

import re

from localcloud.msk.errors import bad_request, conflict, not_found
from localcloud.msk.model import Configuration, Json
from localcloud.msk.pages import page
from localcloud.msk.store import Call


def create_configuration(call: Call) -> Json:
    name: str = call.params["Name"]
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z-]*", name):
        raise bad_request("The configuration name is not valid.", "name")
    if any(item.name == name for item in _own(call)):
        raise conflict(f"A configuration with the name {name} already exists.", "name")
    store, caller = call.store, call.caller
    number = store.number()
    configuration = Configuration(
        number=number,
        arn=f"arn:aws:kafka:{caller.region}:{caller.account}:configuration/{name}/"
        f"{store.uuid()}-{number}",
        account=caller.account,
        region=caller.region,
        name=name,
        description=call.params.get("Description", ""),
        kafka_versions=tuple(call.params.get("KafkaVersions", [])),
        created=store.now(),
        server_properties=call.params["ServerProperties"],
    )
    store.configurations[configuration.arn] = configuration
    kept = ("Arn", "CreationTime", "LatestRevision", "Name", "State")
    described = _described(configuration)
    return {key: described[key] for key in kept}


def describe_configuration(call: Call) -> Json:
    return _described(find_configuration(call, call.params["Arn"]))


def describe_configuration_revision(call: Call) -> Json:
    configuration = find_configuration(call, call.params["Arn"])
    if call.params["Revision"] != 1:
        raise not_found("The configuration revision does not exist.", "revision")
    return {
        "Arn": configuration.arn,
        "CreationTime": configuration.created,
        "Description": configuration.description,
        "Revision": 1,
        "ServerProperties": configuration.server_properties,
    }


def list_configurations(call: Call) -> Json:
    shown, more = page(call, _own(call))
    return {"Configurations": [_described(item) for item in shown], **more}


def delete_configuration(call: Call) -> Json:
    """Delete a configuration that no cluster uses."""
    configuration = find_configuration(call, call.params["Arn"])
    used = [item.settings.get("ConfigurationInfo", {}) for item in call.store.clusters.values()]
    if configuration.arn in {item.get("Arn") for item in used}:
        raise bad_request("The configuration is used by a cluster.", "arn")
    del call.store.configurations[configuration.arn]
    return {"Arn": configuration.arn, "State": "DELETING"}


def find_configuration(call: Call, arn: str) -> Configuration:
    for configuration in _own(call):
        if configuration.arn == arn:
            return configuration
    raise not_found(f"The configuration {arn} does not exist.", "arn")


def server_property(configuration: Configuration, name: str) -> str | None:
    """Return one value as Java reads it: skip comments, split at `=` or `:`, the last wins."""
    value = None
    for line in configuration.server_properties.decode().splitlines():
        if line.lstrip().startswith(("#", "!")):
            continue
        key, *rest = re.split(r"[=:]", line, maxsplit=1)
        if key.strip() == name:
            value = rest[0].strip() if rest else ""
    return value


def _own(call: Call) -> list[Configuration]:
    where = (call.caller.account, call.caller.region)
    return [
        item for item in call.store.configurations.values() if (item.account, item.region) == where
    ]


def _described(configuration: Configuration) -> Json:
    return {
        "Arn": configuration.arn,
        "CreationTime": configuration.created,
        "Description": configuration.description,
        "KafkaVersions": list(configuration.kafka_versions),
        "LatestRevision": {
            "CreationTime": configuration.created,
            "Description": configuration.description,
            "Revision": 1,
        },
        "Name": configuration.name,
        "State": "ACTIVE",
    }
