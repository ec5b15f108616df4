"""Fields and hyperlinks of Word: where a text leads to, and which text is only an instruction.

A field is written as marks between runs: it begins, its instruction follows, a separator, its
result as displayed, its end (ISO/IEC 29500-1, 17.16.18). Fields nest, also within instructions, so
that they are matched over a whole part. A field that never ends changes nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vouch.parsers.common.links import target_of
from vouch.parsers.common.xml.tree import Xml, attribute, child, is_on, name_of

# What is displayed; all of it in an instruction is not. Of these, `fldChar` marks a field.
_LEAVES = ("t", "tab", "ptab", "br", "cr", "noBreakHyphen", "sym")
_FIELD_NODES = tuple(f"{{*}}{name}" for name in ("fldChar", "instrText", *_LEAVES))
_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"?|(\S+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Switches of HYPERLINK that an argument follows: bookmark, tool tip, frame (17.16.5.25).
_WITH_ARGUMENT = ("\\l", "\\o", "\\t")
_MAX_INSTRUCTION = 10_000  # characters; a longer one is none of HYPERLINK
_MAX_DEPTH = 100  # of fields in fields: a bound on the time of a file of nothing else


@dataclass(frozen=True, slots=True, eq=False)
class Hyperlink:
    """A link of a document; two links to one target are different ones."""

    target: str


@dataclass(slots=True)
class _Field:
    instruction: str = ""
    has_result: bool = False
    hidden: list[Xml] = field(default_factory=list)
    shown: list[Xml] = field(default_factory=list)


class Fields:
    """The hyperlinks and instructions of the parts that were read.

    `links` has the link of each `hyperlink` and `fldSimple` element and of each text in the result
    of a HYPERLINK field; `hidden` has the texts within instructions.
    """

    def __init__(self) -> None:
        self.links: dict[Xml, Hyperlink] = {}
        self.hidden: set[Xml] = set()

    def read(self, root: Xml, targets: Mapping[str, str]) -> None:
        """Add a part; `targets` are those of its relationships that lead out, by id."""
        for node in root.iter("{*}hyperlink"):
            place = attribute(node, "anchor") or attribute(node, "docLocation")
            written = targets.get(attribute(node, "id") or "", "")
            self._link(node, _with_place(written, place))
        for node in root.iter("{*}docPr", "{*}cNvPr"):  # pictures and shapes
            self._link(node, targets.get(attribute(child(node, "hlinkClick"), "id") or "", ""))
        for node in root.iter("{*}fldSimple"):
            self._link(node, _target(attribute(node, "instr") or ""))
        if next(root.iter("{*}fldChar"), None) is not None:
            self._read_marks(root)

    def _link(self, node: Xml, written: str) -> None:
        if (target := target_of(written)) is not None:
            self.links[node] = Hyperlink(target)

    def _read_marks(self, root: Xml) -> None:
        fields: list[_Field] = []
        for node in root.iter(*_FIELD_NODES):
            match name_of(node), attribute(node, "fldCharType"):
                case "fldChar", "begin":
                    fields.append(_Field())
                case "fldChar", kind if fields:
                    fields[-1].has_result = True
                    if kind == "end":
                        self._close(fields)
                case "instrText", _ if fields and not fields[-1].has_result:
                    if len(fields[-1].instruction) < _MAX_INSTRUCTION:
                        fields[-1].instruction += node.text or ""
                case name, _ if name in _LEAVES and fields:
                    (fields[-1].shown if fields[-1].has_result else fields[-1].hidden).append(node)
                case _:
                    pass

    def _close(self, fields: list[_Field]) -> None:
        """Apply a field that ends; what it displays is part of the field around it."""
        ended = fields.pop()
        self.hidden.update(ended.hidden)
        if (target := target_of(_target(ended.instruction))) is not None:
            link = Hyperlink(target)
            for node in ended.shown:
                self.links.setdefault(node, link)
        if 0 < len(fields) < _MAX_DEPTH:
            outer = fields[-1]
            (outer.shown if outer.has_result else outer.hidden).extend(ended.shown)


def form_field(data: Xml) -> str:
    """Return what a field of a form shows that has no result in the text: a box, or a choice.

    `data` is its `ffData` element; "" for any other field.
    """
    if (box := child(data, "checkBox")) is not None:
        state = child(box, "checked")
        return "☒" if is_on(child(box, "default") if state is None else state) else "☐"
    if (choices := child(data, "ddList")) is None:
        return ""
    entries = [attribute(node, "val") or "" for node in choices if name_of(node) == "listEntry"]
    chosen = attribute(child(choices, "result"), "val") or attribute(
        child(choices, "default"), "val"
    )
    number = int(chosen) if chosen and chosen.isdigit() else 0
    return entries[number] if number < len(entries) else ""


def _target(instruction: str) -> str:
    """Return the target of a HYPERLINK instruction, "" for any other."""
    arguments = _arguments(instruction)
    if next(arguments, "").upper() != "HYPERLINK":
        return ""
    written = place = ""
    for argument in arguments:
        if argument in _WITH_ARGUMENT:
            value = next(arguments, "")
            place = value if argument == "\\l" else place
        elif not argument.startswith("\\"):
            written = written or argument
    return _with_place(written, place)


def _arguments(instruction: str) -> Iterator[str]:
    for quoted, bare in _ARGUMENT.findall(instruction):
        yield bare or _ESCAPED.sub(r"\1", quoted)


def _with_place(written: str, place: str | None) -> str:
    """Return a target with the place in it; one within the document is `#` and the place."""
    return f"{written}#{place}" if place and "#" not in written else written
