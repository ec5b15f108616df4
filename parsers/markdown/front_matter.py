"""Front matter: the fields before a Markdown page, in YAML between `---` or TOML between `+++`."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO
from itertools import accumulate

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent

from vouch.parsers.common.clean import one_line

_BLOCK = re.compile(
    r"\A(?:(-{3,})|\+{3})[ \t]*\n(.*?)^(?(1)(?:\1-*|\.{3})|\+{3})[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
# A page may also begin with a thematic break and have another one further down.
_FIRST_FIELD = re.compile(r"\s*+(?:[^\n]*[:=#{\[]|\Z)")
_FIELD = re.compile(r"(\w[\w -]{0,100}?)(?::[ \t]|[ \t]*=)[ \t]*(\S.*)")
_NAME = re.compile(r"[\"']?(\w[\w -]{0,100}?)[\"']?[ \t]*[:=]")
_MAX_VALUE_DEPTH = 8
# Both loaders take quadratic time or memory for depth, and YAML's reads 50 kB a second.
_BRACKET = re.compile(r"[\[\]{}]")
_MAX_LOADED = 100_000  # characters
_MAX_NESTING = 32
_NULLS = frozenset(("~", "null", "Null", "NULL"))


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields by lower-case name, each as one line, and the block without its fences."""

    fields: Mapping[str, str]
    text: str

    def not_shown(self, shown: Iterable[str]) -> str:
        """Return the block without the fields whose value is in `shown`; other lines are verbatim.

        An empty value counts for title and description only.
        """
        shown_values = set(shown)
        lines: list[str] = []
        is_left_out = False
        for line in self.text.split("\n"):
            if field := _NAME.match(line):
                name = field[1].lower()
                value = self.fields.get(name)
                is_left_out = value in shown_values and (
                    value != "" or name in ("title", "description")
                )
            elif line.startswith(("[", "#")):
                is_left_out = False
            if not is_left_out:
                lines.append(line)
        return "\n".join(lines)


def take_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter of a page, and the page without it.

    A block that is no front matter stays in the page.
    """
    block = _BLOCK.match(text)
    if block is None or not _FIRST_FIELD.match(block[2]):
        return FrontMatter({}, ""), text
    return FrontMatter(_fields(block[2], toml=block[1] is None), block[2]), text[block.end() :]


def _fields(text: str, *, toml: bool) -> dict[str, str]:
    """Return the fields of a block; where it cannot be read, of its lines `name: value`."""
    try:
        if not _is_simple(text, toml=toml):
            raise ValueError("nobody writes such front matter")
        loaded = tomllib.loads(text) if toml else _load_yaml(text)
        if not isinstance(loaded, dict):
            return {}
        return {str(name).lower(): _as_text(value) for name, value in loaded.items()}
    except Exception:  # noqa: BLE001 - the YAML loader raises KeyError, TypeError and more
        fields = (_FIELD.fullmatch(line) for line in text.split("\n"))
        return {field[1].lower(): one_line(field[2].strip("\"' ")) for field in fields if field}


def _is_simple(text: str, *, toml: bool) -> bool:
    """Return whether a block is neither longer nor deeper than a loader reads in little time."""
    depths = accumulate(1 if bracket in "[{" else -1 for bracket in _BRACKET.findall(text))
    names = (line.partition("=")[0] for line in text.split("\n")) if toml else ()
    return (
        len(text) <= _MAX_LOADED
        and max(depths, default=0) <= _MAX_NESTING
        and all(name.count(".") <= _MAX_NESTING for name in names)
    )


def _load_yaml(text: str) -> object:
    """Return the fields with their values as they are written: `1.10` is no number, `no` a word."""
    # Aliases let a few lines expand without limit, or contain themselves; front matter needs none.
    if "&" in text and any(
        isinstance(event, AliasEvent) for event in _yaml().parse(StringIO(text))
    ):
        return {}
    return _yaml().load(StringIO(text))


def _yaml() -> YAML:
    # libyaml, which other loaders call, crashes at deep nesting.
    return YAML(typ="base", pure=True)


def _as_text(value: object, depth: int = 0) -> str:
    """Return a value on one line: lists joined by commas, of objects the name."""
    if value is None or depth > _MAX_VALUE_DEPTH or (isinstance(value, str) and value in _NULLS):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_as_text(item, depth + 1) for item in value)))
    if isinstance(value, Mapping):
        return _as_text(value.get("name"), depth + 1)
    return one_line(str(value))
