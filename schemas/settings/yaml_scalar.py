"""Writes a text as a value of YAML that is read back as the same text."""

import json
import re

# Plain words and paths; YAML reads some words as other types, and a text of digits as a number.
_PLAIN = re.compile(r"(?=.*[A-Za-z_/])(?!\.{0,2}$)[A-Za-z_./~][\w./~-]*", re.ASCII)
_OTHER_TYPES = frozenset("true false yes no on off null y n ~ nan inf .nan .inf".split())
# Not printable in YAML, line breaks of some version of it, or obeyed by terminals.
_ESCAPED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")


def yaml_scalar(text: str) -> str:
    """Return the text as it is where that means a text, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_TYPES:
        return text
    # JSON's strings are YAML's, but for these characters.
    return _ESCAPED.sub(
        lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False)
    )
