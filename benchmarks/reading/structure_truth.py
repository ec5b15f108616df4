"""Documents made from one known structure, so that what a reader should find in them is beyond dispute."""

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pypandoc

Node: TypeAlias = dict[str, Any]
_WORDS = (
    "harbour crane ledger tide copper lantern orchard granite meadow signal beacon timber canal quarry anchor velvet marble "
    "glacier compass thicket rudder saddle furnace pebble willow turbine cobalt ferry walnut kiln trellis magnet plough "
    "cistern rafter gasket bobbin spindle hatch barley"
).split()
_NO_ATTRIBUTES = ["", [], []]
NAME = "Report"  # of a document whose format wants one; no title of the story
PANDOC = ("docx", "odt", "epub", "rst", "org", "html", "md", "rtf")
_WRITERS = {"md": "gfm"}


@dataclass(slots=True)
class Section:
    """A heading with its level, and what stands below it; items have a depth from 0, of rows the first one heads."""

    title: str
    level: int
    paragraph: str
    items: list[tuple[str, int]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    # A label that reaches over its rows, and the cells of those.
    groups: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    code: str = ""
    note: str = ""
    comment: str = ""

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Each row's label and own cells."""
        return ((label, cells) for label, rows in self.groups for cells in rows)


def story(seed: int) -> list[Section]:
    """Six sections on two levels, each with another mixture, no text twice."""
    dice = random.Random(seed)
    used: set[str] = set()

    def say(count: int, end: str = "") -> str:
        text = " ".join(dice.sample(_WORDS, count)).capitalize() + end
        if text in used:
            return say(count, end)
        used.add(text)
        return text

    sections = []
    for number in range(6):
        one = Section(say(3), 1 + number % 2, f"{say(9)} and {say(8, '.').lower()}")
        one.items = [(say(4), depth) for depth in (0, 1, 1, 2, 0)] if number in (0, 3, 4) else []
        if number in (1, 4, 5):
            one.header = [say(1) + f" {column}" for column in "ABC"]
            one.groups = [
                (f"{say(2)} {at}", [[say(2), str(dice.randint(100, 9999))] for _ in range(2 + at)])
                for at in range(2)
            ]
        one.code = (
            f"{dice.choice(_WORDS)} = [{dice.randint(1, 99)}]\nprint({dice.choice(_WORDS)})"
            if number == 2
            else ""
        )
        one.note = say(7, ".") if number in (0, 2) else ""
        one.comment = say(6, ".") if number in (1, 3) else ""
        sections.append(one)
    return sections


def by_pandoc(sections: list[Section], suffix: str) -> bytes:
    """The story in one of `PANDOC`'s formats."""
    tree = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": _story_blocks(sections, suffix)}
    command = [
        pypandoc.get_pandoc_path(),
        "-f",
        "json",
        "-t",
        _WRITERS.get(suffix, suffix),
        "-s",
        "-o",
        "-",
    ]
    if suffix == "epub":
        command += ["-M", f"title={NAME}", "--split-level=1"]
    return subprocess.run(
        command, input=json.dumps(tree).encode(), capture_output=True, check=True
    ).stdout


def _story_blocks(sections: list[Section], suffix: str) -> list[Node]:
    """Only Word has comments; pandoc would write them into the text of the others."""
    return [
        block
        for number, one in enumerate(sections)
        for block in _blocks(one, str(number) if suffix == "docx" else "")
    ]


def _blocks(one: Section, comment_id: str) -> Iterator[Node]:
    yield {"t": "Header", "c": [one.level, _NO_ATTRIBUTES, _words(one.title)]}
    words = _words(one.paragraph)
    link: Node = {
        "t": "Link",
        "c": [_NO_ATTRIBUTES, words[-3:], ["https://example.com/harbour", ""]],
    }
    inlines = [*words[:-3], link]
    if one.note:
        inlines.append({"t": "Note", "c": [{"t": "Para", "c": _words(one.note)}]})
    if one.comment and comment_id:
        told = [
            comment_id,
            ["comment-start"],
            [["author", "Ann"], ["date", "2031-01-01T00:00:00Z"]],
        ]
        inlines.append({"t": "Span", "c": [told, _words(one.comment)]})
        inlines.append({"t": "Span", "c": [[comment_id, ["comment-end"], []], []]})
    yield {"t": "Para", "c": inlines}
    if one.items:
        yield {"t": "BulletList", "c": _items(one.items, 0)}
    if one.groups:
        yield _table(one)
    if one.code:
        yield {"t": "CodeBlock", "c": [_NO_ATTRIBUTES, one.code]}


def _words(text: str) -> list[Node]:
    nodes: list[Node] = []
    for word in text.split(" "):
        nodes += [{"t": "Str", "c": word}, {"t": "Space"}]
    return nodes[:-1]


def _items(items: list[tuple[str, int]], depth: int) -> list[list[Node]]:
    """Nested lists of what is as deep as `depth` and deeper."""
    starts = [at for at, (_, own) in enumerate(items) if own == depth]
    made = []
    for start, end in zip(starts, [*starts[1:], len(items)], strict=True):
        blocks: list[Node] = [{"t": "Plain", "c": _words(items[start][0])}]
        if end > start + 1:
            blocks.append({"t": "BulletList", "c": _items(items[start + 1 : end], depth + 1)})
        made.append(blocks)
    return made


def _table(one: Section) -> Node:
    default = {"t": "AlignDefault"}

    def cell(text: str, height: int = 1) -> list[Any]:
        return [_NO_ATTRIBUTES, default, height, 1, [{"t": "Plain", "c": _words(text)}]]

    rows = []
    for label, lines in one.groups:
        for number, line in enumerate(lines):
            first = [cell(label, len(lines))] if number == 0 else []
            rows.append([_NO_ATTRIBUTES, [*first, *map(cell, line)]])
    columns = [[default, {"t": "ColWidthDefault"}]] * 3
    head = [_NO_ATTRIBUTES, [[_NO_ATTRIBUTES, [cell(name) for name in one.header]]]]
    body = [[_NO_ATTRIBUTES, 0, [], rows]]
    return {
        "t": "Table",
        "c": [_NO_ATTRIBUTES, [None, []], columns, head, body, [_NO_ATTRIBUTES, []]],
    }
