"""What stands before a Markdown page: fields in YAML between `---`, or in TOML between `+++`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent

from vouch.parsers.common.clean import one_line

_BLOCK = re.compile(
    r"\A(?:(-{3,})|\+{3})[ \t]*\n(.*?)^(?(1)(?:\1-*|\.{3})|\+{3})[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
# A page may also begin with a rule and have another further down.
_BEGINS = re.compile(r"\s*(?:[^\n]*[:=#{\[]|\Z)")
_FIELD = re.compile(r"(\w[\w -]*?)(?::[ \t]|[ \t]*=)[ \t]*(\S.*)")
_NAME = re.compile(r"[\"']?(\w[\w -]*?)[\"']?[ \t]*[:=]")
_MAX_VALUE_DEPTH = 8


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`fields` by lower-case name, each as one line of text; `text` is the block as it was written, without its fences."""

    fields: Mapping[str, str]
    text: str

    def unsaid(self, said: Iterable[str]) -> str:
        """The block without the fields that only say what is `said` already; all other lines as they were."""
        known = set(said)
        lines: list[str] = []
        left_out = False
        for line in self.text.split("\n"):
            if name := _NAME.match(line):
                told = self.fields.get(name[1].lower())
                left_out = told in known and (
                    told != "" or name[1].lower() in ("title", "description")
                )
            elif line.startswith(("[", "#")):
                left_out = False
            if not left_out:
                lines.append(line)
        return "\n".join(lines)


# Quoted without escapes, or a letter and what means nothing in YAML.
_SURELY_TEXT = re.compile(r"([A-Za-z]\w*): +(?:\"([^\"\\\\]*)\"|'([^']*)'|([A-Za-z][^:#\t]*?)) *")
_NO_TEXT = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))


def take_front_matter(text: str) -> tuple[FrontMatter, str]:
    """What a page begins with, and the page without it. What is no front matter stays in the page."""
    block = _BLOCK.match(text)
    if block is None or not _BEGINS.match(block[2]):
        return FrontMatter({}, ""), text
    return FrontMatter(_fields(block[2], toml=block[1] is None), block[2]), text[block.end() :]


def _fields(text: str, *, toml: bool) -> dict[str, str]:
    """Never a reason to lose a document: from what cannot be read, lines of the form `name: value` are taken."""
    try:
        found = tomllib.loads(text) if toml else _yaml(text)
        return (
            {str(name).lower(): _told(value) for name, value in found.items()}
            if isinstance(found, dict)
            else {}
        )
    except Exception:  # noqa: BLE001 - the loader raises KeyError, TypeError and others besides its own on bad values
        fields = (_FIELD.fullmatch(line) for line in text.split("\n"))
        return {field[1].lower(): one_line(field[2].strip("\"' ")) for field in fields if field}


def _yaml(text: str) -> object:
    if (plain := _plain(text)) is not None:
        return plain
    # Aliases make a few lines swell without end, or hold themselves; no front matter needs them.
    if "&" in text and any(
        isinstance(event, AliasEvent) for event in YAML(typ="safe", pure=True).parse(StringIO(text))
    ):
        return {}
    return YAML(typ="safe", pure=True).load(StringIO(text))


def _plain(text: str) -> dict[str, str] | None:
    """The fields where each is a word and a text on a line of its own, as most are, a hundred times as fast; else None."""
    found = [_SURELY_TEXT.fullmatch(line) for line in text.strip("\n").split("\n")]
    fields = {one[1]: one[2] or one[3] or one[4] or "" for one in found if one}
    if len(fields) < len(found) or any(
        word.lower() in _NO_TEXT for word in (*fields, *fields.values())
    ):
        return None
    return fields


def _told(value: object, depth: int = 0) -> str:
    if depth > _MAX_VALUE_DEPTH:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_told(one, depth + 1) for one in value)))
    if isinstance(value, Mapping):
        return _told(value.get("name"), depth + 1)
    return "" if value is None else one_line(str(value))
