"""The text of `vouch.yaml` after a switch: the shadow's sections in the place of the main ones,
and those as the shadow `previous`. Lines are moved as they are, with their comments.
"""

import io
import json
import re
from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText

PREVIOUS = "previous"
"""The shadow of the state before a switch."""
_SECTIONS = ("embedding", "chunking")
_STEP = "  "


def switched(text: str, name: str, before: Settings, after: Settings) -> str:
    """Return the settings with shadow `name` in the place of the main model and chunking.

    `before` are the settings of `text`, `after` those with the shadow's sections. Raises
    `SettingsError` where a program cannot change them safely.
    """
    if name != PREVIOUS and PREVIOUS in before.shadows:
        raise SettingsError(
            f"there is a shadow {PREVIOUS} already, of an earlier switch, and the state before "
            f"this one is to become it; remove it first: `vouch shadows remove {PREVIOUS}`, and "
            "its lines in vouch.yaml"
        )
    is_json = text.lstrip().startswith("{")
    new = _in_json(text, name, before) if is_json else _in_lines(text, name, before)
    try:
        settings = SettingsText(new).settings()
    except SettingsError as error:  # such as an alias that comes before its anchor now
        raise _unchangeable() from error
    former = settings.shadows.get(PREVIOUS)
    if (
        settings.embedding != after.embedding
        or settings.chunking != after.chunking
        or former is None
        or (former.embedding or settings.embedding) != before.embedding
        or (former.chunking or settings.chunking) != before.chunking
    ):
        raise _unchangeable()
    return new


def _unchangeable() -> SettingsError:
    return SettingsError(
        "vouch.yaml is written in a way that a program cannot change safely; write each section "
        "and the shadow on lines of their own, or exchange them yourself and run this again"
    )


def _in_json(text: str, name: str, before: Settings) -> str:
    try:
        data = json.loads(text)
    except ValueError:
        raise _unchangeable() from None
    entry = data["shadows"].pop(name)
    for section in _SECTIONS:
        if section in entry:
            former = data.get(section) or _left_out(before, section)
            data[section], entry[section] = entry[section], former
    data["shadows"][PREVIOUS] = entry
    return json.dumps(data, indent=2)


def _left_out(settings: Settings, section: str) -> dict[str, object]:
    """Return a section that the settings leave out, with what says most of it."""
    if section == "embedding":
        return {"model": settings.embedding.model}
    return settings.chunking.model_dump()


def _in_lines(text: str, name: str, before: Settings) -> str:
    data = YAML(typ="rt").load(io.StringIO(text))
    lines = [line.rstrip("\n") for line in text.splitlines()]
    shadows, entry = data["shadows"], data["shadows"][name]
    edits: list[tuple[int, int, list[str]]] = []
    for section in _SECTIONS:
        if section not in entry:
            continue
        start, end = _block(lines, entry, section)
        coming = lines[start:end]
        if section in data:
            place = _block(lines, data, section)
            former = lines[place[0] : place[1]]
        else:
            place = (_line(lines, data, "shadows"),) * 2
            values = _left_out(before, section).items()
            former = [f"{section}:", *(f"{_STEP}{key}: {value}" for key, value in values)]
        edits.append((*place, _indented(coming, 0)))
        edits.append((start, end, _indented(former, _indent(lines[start]))))
    line = _line(lines, shadows, name)
    quoted = rf"""^(\s*)["']?{re.escape(name)}["']?(\s*:)"""
    edits.append((line, line + 1, [re.sub(quoted, rf"\g<1>{PREVIOUS}\g<2>", lines[line])]))
    for start, end, new in sorted(edits, reverse=True):
        lines[start:end] = new
    return "\n".join(lines) + "\n"


def _line(lines: Sequence[str], node: CommentedMap, key: str) -> int:
    """Return the line of a key, which must begin it. Raises `SettingsError`."""
    number = int(node.lc.key(key)[0])
    if not re.match(rf"""\s*["']?{re.escape(key)}["']?\s*:""", lines[number]):
        raise _unchangeable()
    return number


def _block(lines: Sequence[str], node: CommentedMap, key: str) -> tuple[int, int]:
    """Return the lines of a key and its value: without comments after it that belong to others."""
    start = _line(lines, node, key)
    end = start + 1
    for number in range(start + 1, len(lines)):
        if not lines[number].strip():
            continue
        if _indent(lines[number]) <= _indent(lines[start]):
            break
        end = number + 1
    return start, end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _indented(block: Sequence[str], indent: int) -> list[str]:
    """Return a block whose first line has this indentation."""
    by = indent - _indent(block[0])
    return [f"{' ' * by}{line}" if by > 0 else line[min(-by, _indent(line)) :] for line in block]
