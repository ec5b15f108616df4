"""Writes docs/settings.md and docs/commands.md (`make docs`), from the models of vouch.yaml and from the command line itself.

Written by hand they would soon say something else than the code does; tests/test_docs.py holds both against it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import typer

from vouch.cli import EXIT_CODES, app
from vouch.schemas.settings import Settings

Schema: TypeAlias = Mapping[str, Any]

_ROOT: Schema = Settings.model_json_schema()
_NOTE = "<!-- Written by `make docs`. What it says stands in the code: change it there. -->\n\n"
_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_ALIKE = " and keys like it"
_EMPTY: Schema = {"object": {}, "array": []}


def settings() -> str:
    """Every key of vouch.yaml: a section for each model, in the order of the settings."""
    told = "# Settings\n\nEvery key of `vouch.yaml`. `vouch schema` prints the same as JSON Schema, for editors.\n"
    sections = [
        _section(title, path, _ROOT["$defs"][name]) for name, (path, title) in _PLACES.items()
    ]
    return _NOTE + "\n".join([told, _section("The file", "", _ROOT), *sections])


def _places() -> dict[str, tuple[str, str]]:
    """By model the path and the heading of its section; one that stands in several places has a single section."""
    found: dict[str, tuple[str, str]] = {}

    def visit(path: str, model: Schema) -> None:
        for key, value in model["properties"].items():
            for name, at in _models(value, f"{path}.{key}".lstrip(".")):
                if name not in found:
                    title = f"`{at}`{_kind(_ROOT['$defs'][name])}"
                    found[name] = (
                        at,
                        title if (at, title) not in found.values() else f"{title} ({name})",
                    )
                    visit(at, _ROOT["$defs"][name])
                elif found[name][0] != at and not found[name][1].endswith(_ALIKE):
                    found[name] = found[name][0], found[name][1] + _ALIKE

    visit("", _ROOT)
    return found


def _models(value: Schema, path: str) -> Iterator[tuple[str, str]]:
    """The models that a value may be or hold, with the path of one of them."""
    if "properties" in _target(value):
        yield _name(value), path
    for more, inner in _inner(value):
        yield from _models(inner, path + more)


def _name(value: Schema) -> str:
    return str(value.get("$ref", "")).removeprefix("#/$defs/")


def _target(value: Schema) -> Schema:
    """What a value refers to, else itself."""
    target: Schema = _ROOT["$defs"].get(_name(value), value)
    return target


def _inner(value: Schema) -> list[tuple[str, Schema]]:
    """What a value may be or hold, and how its path goes on there: `[]` in a list, `NAME` in a mapping."""
    inner = [("", one) for union in ("anyOf", "oneOf", "allOf") for one in value.get(union, ())]
    inner += [("[]", one) for one in value.get("prefixItems", ())]
    below = (("[]", value.get("items")), (".NAME", value.get("additionalProperties")))
    return inner + [(more, one) for more, one in below if isinstance(one, dict)]


def _kind(model: Schema) -> str:
    """` (kind: table)`: how one form of a value is told from the others."""
    return "".join(
        f" ({key}: {value['const']})"
        for key, value in model["properties"].items()
        if "const" in value
    )


def _section(title: str, path: str, model: Schema) -> str:
    rows = [_row(f"{path}.{key}".lstrip("."), key, model) for key in model["properties"]]
    return f"## {title}\n\n{_paragraph(model.get('description'))}{_table(('key', 'type', 'default', 'what it is'), rows)}"


def _row(path: str, key: str, model: Schema) -> Sequence[str]:
    value = model["properties"][key]
    default = (
        "required" if key in model.get("required", ()) else f"`{_yaml(_default(value), value)}`"
    )
    shared = "" if "properties" in _target(value) else _target(value).get("description", "")
    return f"`{path}`", _type(value), default, value.get("description", shared)


def _default(value: Schema) -> Any:  # noqa: ANN401 - of any type
    return value["default"] if "default" in value else _EMPTY.get(_target(value).get("type", ""))


def _yaml(data: Any, value: Schema) -> str:  # noqa: ANN401 - of any type
    """Of a model only what differs from its own defaults."""
    if isinstance(data, dict):
        own = _target(value).get("properties", {})
        told = {
            key: one for key, one in data.items() if key not in own or one != _default(own[key])
        }
        return f"{{{', '.join(f'{key}: {_yaml(one, own.get(key, {}))}' for key, one in told.items())}}}"
    plain = isinstance(data, str) and re.fullmatch(r"[\w./-]+", data)
    return data if plain else json.dumps(data, ensure_ascii=False)


def _type(value: Schema) -> str:
    target, kinds = _target(value), [_type(inner) for _, inner in _inner(_target(value))]
    if "properties" in target:
        title = _PLACES[_name(value)][1]
        return f"[{title}](#{re.sub(r'[^a-z0-9_ -]', '', title.lower()).replace(' ', '-')})"
    if "enum" in target or "const" in target:
        return ", ".join(f"`{_yaml(one, {})}`" for one in target.get("enum", [target.get("const")]))
    if target.get("type") in ("array", "object"):
        return f"{'list of' if target['type'] == 'array' else 'mapping of names to'} {', '.join(kinds) or 'anything'}"
    return " or ".join(dict.fromkeys(kinds)) or _simple(target)


def _simple(value: Schema) -> str:
    kind = str(value.get("format") or value.get("type", "anything"))
    bounds = [f"{sign} {value[bound]:g}" for bound, sign in _BOUNDS.items() if bound in value]
    return ", ".join(
        [
            _TYPES.get(kind, kind),
            *bounds,
            *([f"like `{value['pattern']}`"] if "pattern" in value else []),
        ]
    )


def commands() -> str:
    """Every command with its arguments and options, and the exit codes."""
    told = "# Commands\n\nThe options of `vouch` stand before the command: `vouch --config other.yaml plan`.\n"
    codes = re.findall(r"(\d+) ([^;]+?)(?:;|\.$)", " ".join(EXIT_CODES.split()))
    command = typer.main.get_command(app)
    sections = _commands(command, typer.Context(command, info_name="vouch"))
    return _NOTE + "\n".join(
        [told, f"## Exit codes\n\n{_table(('code', 'meaning'), codes)}", *sections]
    )


def _commands(command: Any, context: typer.Context) -> Iterator[str]:  # noqa: ANN401 - click's classes are typer's own
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    records = [
        one.get_help_record(context)
        for one in command.get_params(context)
        if "--help" not in one.opts
    ]
    rows = [(f"`{names}`", about) for names, about in filter(None, records)]
    options = f"\n{_table(('argument or option', 'what it is'), rows)}" if rows else ""
    yield f"## {context.command_path}\n\n{_paragraph(command.help)}`{usage}`\n{options}"
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, typer.Context(below, info_name=name, parent=context))


def _paragraph(text: str | None) -> str:
    return f"{text}\n\n" if text else ""


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown. A bar within a cell would end it, so it is escaped, in code too."""
    lines = [
        names,
        ["---"] * len(names),
        *([" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


_PLACES = _places()
GENERATED: Mapping[str, Callable[[], str]] = {"settings.md": settings, "commands.md": commands}

if __name__ == "__main__":
    for name, make in GENERATED.items():
        (Path(__file__).parent / name).write_text(make(), "utf-8")
