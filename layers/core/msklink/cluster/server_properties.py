"""Read a cluster's configuration, which is a Java properties file."""

import re

ALLOW_EVERYONE = "allow.everyone.if.no.acl.found"

_LINE = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read_properties(text: str) -> dict[str, str]:
    """
    Return the properties in *text*, by the rules of java.util.Properties.load (Java SE docs).

    The last of equal names wins; a backslash at the end of a line continues the line.
    """
    lines = (_LINE.fullmatch(line) for line in _logical_lines(text))
    return {_unescape(line[1]): _unescape(line[2]) for line in lines if line}


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    continued = False
    for natural in re.split(r"\r\n|\r|\n", text):
        line = natural.lstrip(" \t\f")
        if not continued and (not line or line[0] in "#!"):
            continue
        if continued:
            lines[-1] += line
        else:
            lines.append(line)
        continued = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        if continued:
            lines[-1] = lines[-1][:-1]
    return lines


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(plain, text)


def everyone_is_allowed(server_properties: str | None) -> bool:
    """
    Return whether a principal without ACLs has all permissions, which is MSK's default.

    None means a cluster without its own configuration (MSK developer guide, Apache Kafka ACLs).
    """
    value = read_properties(server_properties or "").get(ALLOW_EVERYONE, "true")
    return value.strip().lower() != "false"
