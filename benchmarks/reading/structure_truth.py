"""Documents generated from a known structure, so that it is certain what is in them."""

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pypandoc

Node: TypeAlias = dict[str, Any]
_WORDS = (
    "harbour crane ledger tide copper lantern orchard granite meadow signal beacon timber canal "
    "quarry anchor velvet marble glacier compass thicket rudder saddle furnace pebble willow "
    "turbine cobalt ferry walnut kiln trellis magnet plough cistern rafter gasket bobbin spindle "
    "hatch barley"
).split()
_NO_ATTRIBUTES = ["", [], []]
NAME = "Report"  # of a document whose format requires a name; no title of the story
PANDOC = ("docx", "odt", "epub", "rst", "org", "html", "md", "rtf")
_WRITERS = {"md": "gfm"}


@dataclass(slots=True)
class Section:
    """A heading with its level and content; items have a depth from 0."""

    title: str
    level: int
    paragraph: str
    items: list[tuple[str, int]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    # A label that spans its rows, and the cells of these rows.
    groups: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    code: str = ""
    note: str = ""
    comment: str = ""

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """Return the label and the cells of each row."""
        return ((label, cells) for label, rows in self.groups for cells in rows)


def story(seed: int) -> list[Section]:
    """Return six sections on two levels with different content; no text occurs twice."""
    dice = random.Random(seed)
    used: set[str] = set()

    def words(count: int, end: str = "") -> str:
        text = " ".join(dice.sample(_WORDS, count)).capitalize() + end
        if text in used:
            return words(count, end)
        used.add(text)
        return text

    sections = []
    for number in range(6):
        section = Section(words(3), 1 + number % 2, f"{words(9)} and {words(8, '.').lower()}")
        section.items = (
            [(words(4), depth) for depth in (0, 1, 1, 2, 0)] if number in (0, 3, 4) else []
        )
        if number in (1, 4, 5):
            section.header = [words(1) + f" {column}" for column in "ABC"]
            section.groups = [
                (
                    f"{words(2)} {at}",
                    [[words(2), str(dice.randint(100, 9999))] for _ in range(2 + at)],
                )
                for at in range(2)
            ]
        section.code = (
            f"{dice.choice(_WORDS)} = [{dice.randint(1, 99)}]\nprint({dice.choice(_WORDS)})"
            if number == 2
            else ""
        )
        section.note = words(7, ".") if number in (0, 2) else ""
        section.comment = words(6, ".") if number in (1, 3) else ""
        sections.append(section)
    return sections


def by_pandoc(sections: list[Section], suffix: str) -> bytes:
    """Return the story in one of the formats of `PANDOC`."""
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
    """Return pandoc's blocks. Only Word has comments: elsewhere pandoc writes them as text."""
    return [
        block
        for number, section in enumerate(sections)
        for block in _blocks(section, str(number) if suffix == "docx" else "")
    ]


def _blocks(section: Section, comment_id: str) -> Iterator[Node]:
    yield {"t": "Header", "c": [section.level, _NO_ATTRIBUTES, _words(section.title)]}
    words = _words(section.paragraph)
    link: Node = {
        "t": "Link",
        "c": [_NO_ATTRIBUTES, words[-3:], ["https://example.com/harbour", ""]],
    }
    inlines = [*words[:-3], link]
    if section.note:
        inlines.append({"t": "Note", "c": [{"t": "Para", "c": _words(section.note)}]})
    if section.comment and comment_id:
        start_mark = [
            comment_id,
            ["comment-start"],
            [["author", "Ann"], ["date", "2031-01-01T00:00:00Z"]],
        ]
        inlines.append({"t": "Span", "c": [start_mark, _words(section.comment)]})
        inlines.append({"t": "Span", "c": [[comment_id, ["comment-end"], []], []]})
    yield {"t": "Para", "c": inlines}
    if section.items:
        yield {"t": "BulletList", "c": _items(section.items, 0)}
    if section.groups:
        yield _table(section)
    if section.code:
        yield {"t": "CodeBlock", "c": [_NO_ATTRIBUTES, section.code]}


def _words(text: str) -> list[Node]:
    nodes: list[Node] = []
    for word in text.split(" "):
        nodes += [{"t": "Str", "c": word}, {"t": "Space"}]
    return nodes[:-1]


def _items(items: list[tuple[str, int]], depth: int) -> list[list[Node]]:
    """Return nested lists of the items at `depth` and deeper."""
    starts = [at for at, (_, own) in enumerate(items) if own == depth]
    nested = []
    for start, end in zip(starts, [*starts[1:], len(items)], strict=True):
        blocks: list[Node] = [{"t": "Plain", "c": _words(items[start][0])}]
        if end > start + 1:
            blocks.append({"t": "BulletList", "c": _items(items[start + 1 : end], depth + 1)})
        nested.append(blocks)
    return nested


def _table(section: Section) -> Node:
    default = {"t": "AlignDefault"}

    def cell(text: str, height: int = 1) -> list[Any]:
        return [_NO_ATTRIBUTES, default, height, 1, [{"t": "Plain", "c": _words(text)}]]

    rows = []
    for label, lines in section.groups:
        for number, line in enumerate(lines):
            first = [cell(label, len(lines))] if number == 0 else []
            rows.append([_NO_ATTRIBUTES, [*first, *map(cell, line)]])
    columns = [[default, {"t": "ColWidthDefault"}]] * 3
    head = [_NO_ATTRIBUTES, [[_NO_ATTRIBUTES, [cell(name) for name in section.header]]]]
    body = [[_NO_ATTRIBUTES, 0, [], rows]]
    return {
        "t": "Table",
        "c": [_NO_ATTRIBUTES, [None, []], columns, head, body, [_NO_ATTRIBUTES, []]],
    }
