"""Write text so that Java reads it back: in a properties file, and in a JAAS configuration."""

import re

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}


def value(text: str) -> str:
    r"""
    Return *text* as the value of a property.

    `Properties.load` skips white space before a value, and reads Latin-1 with \uXXXX for all other
    characters: two of them for one outside of the first plane (java.util.Properties).
    """
    blank = "\\" if text.startswith(" ") else ""
    return blank + "".join(map(_escaped, text))


def jaas(text: str) -> str:
    r"""
    Return *text* as a value in a JAAS configuration.

    Kafka's JaasConfig reads it by java.io.StreamTokenizer, where \ begins an escape and the end
    of the line ends a string, so control characters are octal.
    """
    quoted = re.sub(r'(["\\])', r"\\\1", text)
    return '"' + re.sub(r"[\x00-\x1f]", lambda found: f"\\{ord(found[0]):03o}", quoted) + '"'


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isascii() and one.isprintable():
        return one
    units = one.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
