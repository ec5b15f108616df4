"""Read what calamine leaves out of an .xlsx: percentages, links, comments and text boxes."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import TypeAlias

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.links import target_of
from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of
from vouch.parsers.office.ooxml_package import Package

Place: TypeAlias = tuple[int, int]
"""Row and column from 0."""
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
# Such as 0%, 0.00% and #,##0%. A conditional format shows other texts by value: it is left out.
_PERCENT = re.compile(r"[#0,]*0(?:\.(0+))?%")
# Decimals of the built-in number formats 0% and 0.00% by id (ISO/IEC 29500-1, 18.8.30).
_BUILT_IN = {"9": 0, "10": 2}
_MAX_DECIMALS = 10
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\s[^>]*>")
_LINK_REFERENCE = re.compile(rb'\sref="([A-Z]{1,3}\d{1,7})')  # of a range, its first cell
_LINK_ID = re.compile(rb'\s\w+:id="([^"]*)"')
_LINK_FORMULA = re.compile(
    rb'<(?:\w+:)?c\s(?:[^>]*\s)?r="([A-Z]{1,3}\d{1,7})"[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?>\s*'
    rb'HYPERLINK\(\s*(?:"|&quot;)((?:[^"&<]|&(?!quot;))*)'
)


@dataclass(frozen=True, slots=True)
class SheetExtras:
    """What calamine leaves out of one sheet.

    `percentages` holds the decimals of cells displayed as percentages, `links` where cells lead
    to, `texts` those of text boxes, `comments` each with its place and author.
    """

    percentages: dict[Place, int] = field(default_factory=dict)
    links: dict[Place, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def sheet_extras(archive: zipfile.ZipFile) -> list[SheetExtras]:
    """Return the extras of each sheet, in the workbook's order.

    Raises `DocumentRejected` (malformed).
    """
    package = Package(archive)
    workbook = next(iter(package.related("", "officeDocument")), "xl/workbook.xml")
    targets = package.relationships(workbook)
    formats = _percent_formats(package, workbook)
    people = {
        attribute(person, "id") or "": attribute(person, "displayName") or ""
        for root in map(package.xml, package.related(workbook, "person"))
        if root is not None
        for person in root
    }
    extras = []
    for sheet in _children(package.xml(workbook), "sheets"):
        part = targets.get(attribute(sheet, "id") or "", ("", ""))[1]
        extras.append(
            SheetExtras(
                dict(_percentages(package, part, formats)) if formats else {},
                dict(_links(package, part)),
                list(dict.fromkeys(_texts(package, part))),
                list(_comments(package, part, people)),
            )
        )
    return extras


def _percent_formats(package: Package, workbook: str) -> dict[str, int]:
    """Return the decimals of percentage formats by the index of their cell style."""
    roots = [package.xml(part) for part in package.related(workbook, "styles")]
    root = roots[0] if roots else None
    decimals = dict(_BUILT_IN)
    for node in _children(root, "numFmts"):
        if match := _PERCENT.fullmatch(attribute(node, "formatCode") or ""):
            decimals[attribute(node, "numFmtId") or ""] = min(len(match[1] or ""), _MAX_DECIMALS)
    format_ids = [attribute(node, "numFmtId") or "" for node in _children(root, "cellXfs")]
    return {
        str(index): decimals[format_id]
        for index, format_id in enumerate(format_ids)
        if format_id in decimals
    }


def _percentages(
    package: Package, part: str, formats: dict[str, int]
) -> Iterator[tuple[Place, int]]:
    """Yield the places of cells with a percentage format.

    By regular expressions over the bytes: a tree of a sheet takes many times its memory.
    """
    cells = re.compile(rb"<(?:\w+:)?c\s[^>]*>")
    style = re.compile(rb'\ss="(%s)"' % b"|".join(index.encode() for index in formats))
    reference = re.compile(rb'\sr="([A-Z]{1,3}\d{1,7})"')
    for cell in cells.findall(package.data(part)):
        shown, place = style.search(cell), reference.search(cell)
        if shown and place:
            yield _place(place[1].decode()), formats[shown[1].decode()]


def _links(package: Package, part: str) -> Iterator[tuple[Place, str]]:
    """Yield where cells lead to, by a link or by the formula HYPERLINK with a constant address."""
    data = package.data(part)
    if b"HYPERLINK(" in data:
        for reference, written in _LINK_FORMULA.findall(data):
            if (target := target_of(unescape(written.decode("utf-8", "replace")))) is not None:
                yield _place(reference.decode()), target
    if b"hyperlink " not in data:
        return
    targets = package.external_targets(part)
    for tag in _LINK.findall(data):
        reference, link = _LINK_REFERENCE.search(tag), _LINK_ID.search(tag)
        written = targets.get(link[1].decode("utf-8", "replace"), "") if link else ""
        if reference and (target := target_of(written)) is not None:
            yield _place(reference[1].decode()), target


def _texts(package: Package, sheet: str) -> Iterator[str]:
    """Yield the texts of text boxes, their paragraphs as lines."""
    for root in map(package.xml, package.related(sheet, "drawing")):
        nodes = [] if root is None else root.iter()
        for body in (node for node in nodes if name_of(node) == "txBody"):
            lines = (one_line(_runs(node)) for node in body if name_of(node) == "p")
            yield "\n".join(filter(None, lines))


def _comments(package: Package, sheet: str, people: dict[str, str]) -> Iterator[str]:
    """Yield threaded comments, then notes at cells without a thread.

    Excel stores a note with a warning for its older versions at each cell with a thread.
    """
    threaded = set()
    for root in map(package.xml, package.related(sheet, "threadedComment")):
        for comment in [] if root is None else root:
            place = attribute(comment, "ref") or ""
            author = people.get(attribute(comment, "personId") or "", "unknown")
            threaded.add(place)
            yield f"Comment on {place} ({author}): {one_line(_runs(comment, 'text'))}"
    for root in map(package.xml, package.related(sheet, "comments")):
        authors = [one_line(node.text or "") for node in _children(root, "authors")]
        for note in _children(root, "commentList"):
            place, number = attribute(note, "ref") or "", attribute(note, "authorId") or ""
            if place in threaded:
                continue
            is_listed = number.isdigit() and int(number) < len(authors)
            author = authors[int(number)] if is_listed else ""
            # Excel begins a new note with the name of its author.
            text = one_line(_runs(note)).removeprefix(f"{author}:").strip()
            yield f"Comment on {place} ({author or 'unknown'}): {text}"


def _children(root: Xml | None, name: str) -> list[Xml]:
    node = child(root, name)
    return [] if node is None else list(node)


def _runs(element: Xml, name: str = "t") -> str:
    return "".join(node.text or "" for node in element.iter() if name_of(node) == name)


def _place(reference: str) -> Place:
    """Return row and column, from 0, of a reference such as `B2`; -1, -1 for anything else."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return -1, -1
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1
