"""Generate the diagrams of README.md and docs/architecture.md; `make docs` writes them."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.support.cloudformation import ROOT, definition

CORE = ROOT / "layers/core/msklink"

CAPTIONS = {
    "InspectCluster": "read the cluster and its tags",
    "SurveyClients": "find and check the VPCs to connect",
    "PlanCluster": "find out by a dry run what would be done",
    "HoldChanges": "record what the owner's terms hold",
    "EnableConnectivity": "turn on schemes: a rolling reboot",
    "GrantAccess": "add accounts to the cluster policy",
    "CreateTopics": "create the topics that clients request",
    "CreateUsers": "create the SCRAM users that clients request",
    "OpenConnections": "create VPC connections",
    "InspectConnections": "read the state of every connection",
    "PublishEndpoints": "write parameters and status",
    "CloseConnections": "delete what is due",
    "RevokeAccess": "remove accounts from the policy",
    "RemoveUsers": "remove SCRAM users that nobody needs",
    "PublishSummary": "write the owner's parameters",
    "Conclude": "release the lease",
}
"""What each step of a run does, by state."""

LABELS = {
    "newer": "newer request",
    "wait_seconds": "wait",
    "surveys": "something is held",
    "facts": "something is held",
}
"""What a choice is called whose condition compares with no word."""

Edge = tuple[str, str, str]
"""Step, next step, and the words of the choices between them."""


def flow() -> str:
    """Return the steps of a run, as a Mermaid flowchart."""
    machine = definition({})
    following = edges(machine)
    waiting = {source for source, target, _ in following if source == target}
    lines = [
        '%%{init: {"flowchart": {"wrappingWidth": 320}}}%%',
        "flowchart TB",
        '  Trigger(["tag on a cluster or VPC,<br/>or a request by event"]) --> ReceiveEvent',
        '  ReceiveEvent["<b>ReceiveEvent</b><br/>start one run per cluster"] --> '
        + machine_start(machine),
        '  Sweep(["hourly sweep:<br/>something has changed"]) --> ' + machine_start(machine),
    ]
    for name in steps(machine):
        style = ":::client" if machine["States"][name]["Type"] == "Map" else ""
        wait = "<br/><i>wait and repeat until ready</i>" if name in waiting else ""
        lines.append(f'  {name}["<b>{name}</b><br/>{CAPTIONS[name]}{wait}"]{style}')
    sources: dict[tuple[str, str], list[str]] = {}
    for source, target, label in following:
        if source != target:
            sources.setdefault((target, label), []).append(source)
    for (target, label), several in sources.items():
        arrow = f'-- "{label}" -->' if label else "-->"
        lines.append(f"  {' & '.join(several)} {arrow} {target}")
    lines.append('  Finish(["end of the run"])')
    lines.append("  classDef client fill:#fde9c9,stroke:#c77700,color:#000")
    return "\n".join(lines)


def machine_start(machine: Mapping[str, Any]) -> str:
    """Return the first step of a run."""
    [(first, _)] = set(_next_steps(machine, machine["StartAt"], ""))
    return first


def steps(machine: Mapping[str, Any]) -> list[str]:
    """Return the states of *machine* that do something, in its order."""
    return [name for name, one in machine["States"].items() if one["Type"] in {"Task", "Map"}]


def edges(machine: Mapping[str, Any]) -> list[Edge]:
    """Return which step follows which; choices, waits and passes are followed to the next step."""
    found = [
        (name, target, label)
        for name in steps(machine)
        for target, label in _next_steps(machine, machine["States"][name]["Next"], "")
    ]
    return [*dict.fromkeys(found)]


def _next_steps(machine: Mapping[str, Any], name: str, label: str) -> Iterator[tuple[str, str]]:
    state = machine["States"][name]
    match state["Type"]:
        case "Choice":
            yield from _next_steps(machine, state["Default"], "")
            for choice in state["Choices"]:
                yield from _next_steps(machine, choice["Next"], _label(choice["Condition"]))
        case "Wait" | "Pass":
            yield from _next_steps(machine, state["Next"], label)
        case _:
            yield name, label


def _label(condition: str) -> str:
    """Return the word that *condition* compares with, or else what it tests."""
    if word := re.search(r"'(\w+)'", condition):
        return word[1]
    names: list[str] = re.findall(r"\$(?:states\.input\.)?(\w+)", condition)
    return next((LABELS[name] for name in names if name in LABELS), names[-1])


def imports(folder: Path) -> set[str]:
    """Return the packages of the layer, and the modules beside them, that *folder* imports."""
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                first = [node.module] if "." in node.module else []
                whole = [f"{node.module}.{alias.name}" for alias in node.names]
                names |= {one.split(".")[1] for one in first + whole if one.startswith("msklink.")}
    return names - {folder.name}


def packages() -> list[str]:
    """Return the packages of the layer."""
    return sorted(path.parent.name for path in CORE.glob("*/__init__.py"))


def package_imports() -> dict[str, set[str]]:
    """Return which packages each package imports, and which all functions together do."""
    folders = {"functions": ROOT / "functions"} | {name: CORE / name for name in packages()}
    return {name: imports(folder) & folders.keys() for name, folder in folders.items()}


def without_implied(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return *graph*, which has no circle, without the arrows that follow from others."""
    return {
        name: {one for one in targets if not any(one in reached(graph, two) for two in targets)}
        for name, targets in graph.items()
    }


def reached(graph: Mapping[str, set[str]], name: str) -> set[str]:
    """Return all that can be reached from *name* by arrows of *graph*."""
    return graph[name].union(*(reached(graph, one) for one in graph[name]))


def package_diagram() -> str:
    """Return the packages and their imports, as a Mermaid flowchart."""
    graph = without_implied(package_imports())
    lines = ["flowchart TB", "  functions:::aws", "  services:::aws", "  aws:::aws"]
    lines += [f"  {source} --> {target}" for source in graph for target in sorted(graph[source])]
    lines.append("  classDef aws fill:#fde9c9,stroke:#c77700,color:#000")
    return "\n".join(lines)


DIAGRAMS = {ROOT / "README.md": flow, ROOT / "docs/architecture.md": package_diagram}


def with_diagram(text: str, diagram: str) -> str:
    """Return *text* with *diagram* in its one Mermaid block."""
    before, rest = text.split("```mermaid\n")
    _, after = rest.split("```\n", maxsplit=1)
    return f"{before}```mermaid\n{diagram}\n```\n{after}"


if __name__ == "__main__":
    for page, draw in DIAGRAMS.items():
        page.write_text(with_diagram(page.read_text(), draw()))
