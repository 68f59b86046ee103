"""Generate the probe's code in client.yaml and for Terraform from modules of client/python."""

import ast
import re
import sys

from tests.support.cloudformation import ROOT

SOURCES = ROOT / "client/python/src/msklink_client"
MODULES = ("wire", "layers", "probe")
TEMPLATE = ROOT / "client.yaml"
TERRAFORM = ROOT / "client/terraform/probe/index.py"

HEAD = f"""\
# Made by `make docs` from {", ".join(f"{name}.py" for name in MODULES)} of client/python.
"""
_ZIP_FILE = re.compile(r"(?<=^        ZipFile: \|\n)(?: {10}.*\n|\n)*", re.MULTILINE)


def code() -> str:
    """Return one module that imports only what Lambda's runtime has."""
    plain: set[str] = set()
    named: dict[str, set[str]] = {}
    bodies = []
    for name in MODULES:
        text = (SOURCES / f"{name}.py").read_text()
        first, *statements = ast.parse(text).body
        end = first.end_lineno
        for statement in statements:
            if isinstance(statement, ast.Import):
                plain |= {alias.name for alias in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                names = {alias.name for alias in statement.names}
                named.setdefault(str(statement.module), set()).update(names)
            else:
                break
            end = statement.end_lineno
        bodies.append("\n".join(text.splitlines()[end:]).strip())
    return "\n\n\n".join([f"{HEAD}\n{_imports(plain, named)}", *bodies]) + "\n"


def template() -> str:
    """Return client.yaml with the current code."""
    indented = re.sub(r"^(?=.)", " " * 10, code(), flags=re.MULTILINE)
    return _ZIP_FILE.sub(lambda _: f"{indented}\n", TEMPLATE.read_text())


def _imports(plain: set[str], named: dict[str, set[str]]) -> str:
    """Return the imports in ruff's order, without those of the package itself."""
    blocks: dict[bool, list[str]] = {True: [], False: []}
    for name in sorted(plain):
        blocks[name in sys.stdlib_module_names].append(f"import {name}")
    for module, names in sorted(named.items()):
        package = module.partition(".")[0]
        if package != "msklink_client":
            line = f"from {module} import {', '.join(sorted(names))}"
            blocks[package in sys.stdlib_module_names].append(line)
    return "\n\n".join("\n".join(block) for block in blocks.values() if block)


if __name__ == "__main__":
    TEMPLATE.write_text(template())
    TERRAFORM.write_text(code())
