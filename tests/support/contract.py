"""
Collect the names that users of MSKLink rely on, and compare them with the recorded ones.

`python -m tests.support.contract` adds new names to the record. It removes none: a name that users
rely on goes away only with a new major version, and then by hand.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from msklink.auth_scheme import Scheme
from msklink.aws.eventbridge import DetailType
from msklink.parameters.published import parameters, status_name, users_path
from msklink.policy.access_bounds import parameter_name
from msklink.refusals import Code
from msklink.requests.inbound_events import REQUESTS
from msklink.tags import MANAGED_BY, PROTECT
from msklink_cli.main import COMMANDS
from tests.support.cloudformation import ROOT, resources, template
from tests.support.terraform import Module

RECORD = ROOT / "tests/template/contract.json"

Names = dict[str, list[str]]
"""By subject, the names in order."""


def contract() -> Names:
    """Return the names that users rely on, as templates and code have them."""
    return {
        subject: sorted(names)
        for subject, names in (
            *_of_templates().items(),
            *_of_terraform().items(),
            *_of_code().items(),
        )
    }


def required_parameters() -> Names:
    """Return the parameters of both templates that have no default."""
    return {
        name: sorted(
            key for key, one in template(name)["Parameters"].items() if "Default" not in one
        )
        for name in ("template.yaml", "client.yaml")
    }


def missing(recorded: Mapping[str, list[str]], current: Mapping[str, list[str]]) -> Names:
    """Return what *recorded* has and *current* lacks."""
    found = {
        subject: [name for name in names if name not in current.get(subject, [])]
        for subject, names in recorded.items()
    }
    return {subject: names for subject, names in found.items() if names}


def merged(recorded: Mapping[str, list[str]], current: Mapping[str, list[str]]) -> Names:
    """Return the names of both."""
    return {
        subject: sorted({*recorded.get(subject, ()), *current.get(subject, ())})
        for subject in {**recorded, **current}
    }


def recorded() -> Names:
    read: Names = json.loads(RECORD.read_text())
    return read


def _of_templates() -> dict[str, Any]:
    [parameter] = resources("AWS::SSM::Parameter").values()
    value = str(parameter["Value"]["Fn::Sub"][0])
    return {
        "parameters of template.yaml": template()["Parameters"],
        "outputs of template.yaml": template()["Outputs"],
        "parameters of client.yaml": template("client.yaml")["Parameters"],
        "outputs of client.yaml": template("client.yaml")["Outputs"],
        "functions": _functions("template.yaml") | _functions("client.yaml"),
        "names in client_stack": re.findall(r'"(\w+)": ', value),
    }


def _functions(name: str) -> set[str]:
    """Return the names of the functions in a template that have one, which people invoke."""
    kinds = ("AWS::Serverless::Function", "AWS::Lambda::Function")
    return {
        str(one["FunctionName"]["Fn::Sub"]).replace("${Namespace}", "<namespace>")
        for kind in kinds
        for one in resources(kind, name).values()
        if "FunctionName" in one
    }


def _of_terraform() -> dict[str, Any]:
    module = Module(ROOT / "client/terraform", {})
    return {
        "variables of client/terraform": module.variables(),
        "outputs of client/terraform": re.findall(
            r'^output "(\w+)"', (ROOT / "client/terraform/outputs.tf").read_text(), re.MULTILINE
        ),
    }


def _of_code() -> dict[str, Any]:
    return {
        "refusal codes": Code,
        "detail types of events": DetailType,
        "detail types of requests": REQUESTS,
        "fields of requests": {
            f"{kind}: {name}" for kind, model in REQUESTS.items() for name in model.model_fields
        },
        "parameters": _parameters(),
        "tags": _tags(),
        "commands of msklink": COMMANDS,
    }


def _parameters() -> set[str]:
    [stack] = resources("AWS::SSM::Parameter").values()
    namespace, cluster = "<namespace>", "<cluster>"
    return {
        str(stack["Name"]["Fn::Sub"]).replace("${Namespace}", namespace),
        status_name(namespace, cluster),
        f"{users_path(namespace, cluster)}/<user>",
        parameter_name(namespace, cluster, "<account>"),
        *parameters(namespace, cluster, dict.fromkeys(Scheme, "b-1:14001")),
    }


def _tags() -> set[str]:
    """Return the keys of tags; most are written only where they are read."""
    code = "".join(path.read_text() for path in ROOT.glob("layers/core/msklink/**/*.py"))
    words = re.findall(r"namespace}/([a-z]+)\"", code)
    keys = {f"<namespace>/{word}" for word in (*words, PROTECT, "<cluster>")}
    return {MANAGED_BY, "<namespace>", *keys}


def main() -> None:
    before = recorded() if RECORD.exists() else {}
    RECORD.write_text(json.dumps(merged(before, contract()), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
