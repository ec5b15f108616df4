"""Front matter: the fields before a Markdown page, which are its metadata."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from itertools import accumulate

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from vouch.parsers.common.text.clean import one_line
from vouch.schemas.documents.value_types import moment_of, typed
from vouch.schemas.documents.values import Value, joined

# Before it may be empty lines and a comment, as of a licence; behind the fence its language.
_BLOCK = re.compile(
    r"\A\s*(?:<!--.*?-->\s*)?^(?:(?P<dashes>-{3,})|(?P<other>\+{3}|;{3}))"
    r"[ \t]*(?P<language>yaml|toml|json)?[ \t]*\n"
    r"(?P<text>.*?)^(?(dashes)(?:(?P=dashes)-*|\.{3})|(?P=other))[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_JSON = re.compile(r"\{\s*(?:\"|\})")
# Title, authors and date of pandoc, a line each that others may continue.
_TITLE_BLOCK = re.compile(
    r"\A%[ \t]+(?P<title>\S.*(?:\n[ \t]+\S.*)*)\n"
    r"(?:%[ \t]*(?P<author>.*(?:\n[ \t]+\S.*)*)\n)?(?:%[ \t]*(?P<date>.*)\n)?"
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
_SENTENCE_WORDS, _SENTENCE_LETTERS = 4, 10
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।", "។", "။")
_NULLS = frozenset(("~", "null", "Null", "NULL"))
_BOOLEANS = {"True": True, "TRUE": True, "False": False, "FALSE": False}
_TEXT_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields by lower-case name, each as one line, and the block without its fences.

    A field within a field is named as in `hero.tagline`. `prose` are the values that are sentences.
    `values` are those of the fields that have one, with their types.
    """

    fields: Mapping[str, str]
    text: str
    prose: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)

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

    It is YAML between `---`, TOML between `+++`, JSON between `;;;` or by itself, or a title block
    of pandoc. A block that is no front matter stays in the page.
    """
    if block := _TITLE_BLOCK.match(text):
        fields = {name: one_line(value) for name, value in block.groupdict().items() if value}
        return FrontMatter(fields, block[0], values=fields), text[block.end() :]
    if block := _BLOCK.match(text):
        if block["language"] or _FIRST_FIELD.match(block["text"]):
            return _front_matter(block["text"], _language(block)), text[block.end() :]
    elif _JSON.match(text):
        end = _end_of_json(text)
        if end and text[end : end + 1] in ("\n", ""):
            return _front_matter(text[:end], "json"), text[end:]
    return FrontMatter({}, ""), text


def _language(block: re.Match[str]) -> str:
    by_fence = {"+++": "toml", ";;;": "json"}
    return block["language"] or by_fence.get(block["other"], "yaml")


def _end_of_json(text: str) -> int | None:
    """Return where the JSON object that a text begins with ends."""
    try:
        _, end = json.JSONDecoder().raw_decode(text[:_MAX_LOADED])
    except (ValueError, RecursionError):
        return None
    return end


def _front_matter(text: str, language: str) -> FrontMatter:
    """Return the fields of a block; where it cannot be read, of its lines `name: value`."""
    try:
        if not _is_simple(text, toml=language == "toml"):
            raise ValueError("nobody writes such front matter")
        loaded = _load(text, language)
        if not isinstance(loaded, dict):
            return FrontMatter({}, text)
        if language == "json":  # a field a line, as the other languages have it
            text = json.dumps(loaded, indent=1, ensure_ascii=False)
        prose = tuple(dict.fromkeys(filter(_is_prose, _leaves(loaded))))
        written = {name: (_as_text(value), _value(value)) for name, value in _fields(loaded)}
        fields = {name: text for name, (text, _) in written.items()}
        values = {
            name: value
            for name, (text, value) in written.items()
            if text and value is not None and value != ()
        }
        return FrontMatter(fields, text, prose, values)
    except Exception:  # noqa: BLE001 - the YAML loader raises KeyError, TypeError and more
        lines = [line for line in map(_FIELD.fullmatch, text.split("\n")) if line]
        fields = {line[1].lower(): one_line(line[2].strip("\"' ")) for line in lines}
        quoted = {line[1].lower() for line in lines if line[2][0] in "\"'"}
        values = {
            name: value if name in quoted else typed(value)
            for name, value in fields.items()
            if value
        }
        return FrontMatter(fields, text, values=values)


def _load(text: str, language: str) -> object:
    if language == "toml":
        return tomllib.loads(text)
    if language == "json":
        loaded: object = json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}")
        return loaded
    return _load_yaml(text)


class _Plain(str):
    """A scalar of YAML without quotes, which may be a number, a date or nothing."""

    __slots__ = ()


def _fields(loaded: Mapping[object, object], above: str = "") -> Iterator[tuple[str, object]]:
    for name, value in loaded.items():
        full_name = f"{above}{name}".lower()
        yield full_name, value
        if isinstance(value, Mapping) and above.count(".") < _MAX_VALUE_DEPTH:
            yield from _fields(value, f"{full_name}.")


def _leaves(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts of all values, however deep they are."""
    if depth <= _MAX_VALUE_DEPTH:
        if isinstance(value, Mapping):
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from _leaves(item, depth + 1)
        elif isinstance(value, str):
            yield one_line(value)


def _is_prose(text: str) -> bool:
    """Return whether a value is a sentence, which people read, and no name, date or list."""
    words = text.count(" ") + 1
    is_long = words >= _SENTENCE_WORDS or (not text.isascii() and len(text) >= _SENTENCE_LETTERS)
    return is_long and text.endswith(_SENTENCE_ENDS)


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
    """Return the fields with their values as they are written, and whether they are in quotes."""
    # Aliases let a few lines expand without limit, or contain themselves; front matter needs none.
    if "&" in text and any(
        isinstance(event, AliasEvent) for event in _yaml().parse(StringIO(text))
    ):
        return {}
    return _constructed(_yaml().compose(StringIO(text)))


def _constructed(node: Node | None) -> object:
    """Return what a node of YAML says. Raises `ValueError` for a name that is there twice."""
    if isinstance(node, MappingNode):
        names = [str(_constructed(name)) for name, _ in node.value]
        if len(set(names)) < len(names):
            raise ValueError("a name is there twice")
        return dict(zip(names, (_constructed(value) for _, value in node.value), strict=True))
    if isinstance(node, SequenceNode):
        return [_constructed(entry) for entry in node.value]
    if node is None:
        return None
    # YAML takes a time without seconds for a text.
    is_text = node.tag == _TEXT_TAG and not isinstance(moment_of(str(node.value)), datetime)
    is_plain = isinstance(node, ScalarNode) and node.style is None and not is_text
    return _Plain(node.value) if is_plain else str(node.value)


def _yaml() -> YAML:
    # libyaml, which other loaders call, crashes at deep nesting.
    return YAML(typ="base", pure=True)


def _value(value: object, depth: int = 0) -> Value | None:
    """Return a value with its type, a list without lists in it, of objects the name; None where
    there is nothing.
    """
    if depth > _MAX_VALUE_DEPTH or value is None:
        return None
    if isinstance(value, list | tuple):
        return joined(_value(item, depth + 1) for item in value)
    if isinstance(value, Mapping):
        return _value(value.get("name"), depth + 1)
    if isinstance(value, _Plain):
        text = one_line(value)
        return None if text in _NULLS else _BOOLEANS.get(text, typed(text))
    if isinstance(value, bool | int | float | date):
        return value
    return one_line(str(value))


def _as_text(value: object, depth: int = 0) -> str:
    """Return a value on one line: lists joined by commas, of objects the name."""
    if value is None or depth > _MAX_VALUE_DEPTH or (isinstance(value, str) and value in _NULLS):
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_as_text(item, depth + 1) for item in value)))
    if isinstance(value, Mapping):
        return _as_text(value.get("name"), depth + 1)
    return one_line(str(value))
