"""What calamine does not tell of an .xlsx: percentages, comments, and texts in boxes. Sheets are counted from 0."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.xml_tree import Xml, attribute, child, name_of
from vouch.parsers.office.ooxml_package import Package

Place: TypeAlias = tuple[int, int]
"""Row and column from 0."""
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_PERCENT = re.compile(r"[#0,]*0(?:\.(0+))?%")
_BUILT_IN = {"9": 0, "10": 2}
_MAX_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Extras:
    """Of one sheet: decimals of the cells that are shown as percentages, texts of boxes, comments with place and author."""

    percentages: dict[Place, int] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def extras(archive: zipfile.ZipFile) -> list[Extras]:
    """Those of each sheet, in the workbook's order. Raises `DocumentRejected` (malformed)."""
    package = Package(archive)
    workbook = next(iter(package.related("", "officeDocument")), "xl/workbook.xml")
    targets = package.relationships(workbook)
    formats = _percent_formats(package, workbook)
    people = _people(package, workbook)
    found = []
    for sheet in _children(package.xml(workbook), "sheets"):
        part = targets.get(attribute(sheet, "id") or "", ("", ""))[1]
        percentages = dict(_percentages(package, part, formats)) if formats else {}
        found.append(
            Extras(
                percentages,
                list(dict.fromkeys(_texts(package, part))),
                list(_comments(package, part, people)),
            )
        )
    return found


def _percent_formats(package: Package, workbook: str) -> dict[str, int]:
    """Decimals by the index of a cell style."""
    roots = [package.xml(part) for part in package.related(workbook, "styles")]
    root = roots[0] if roots else None
    decimals = dict(_BUILT_IN)
    for one in _children(root, "numFmts"):
        if shown := _PERCENT.fullmatch(attribute(one, "formatCode") or ""):
            decimals[attribute(one, "numFmtId") or ""] = min(len(shown[1] or ""), _MAX_DECIMALS)
    told = [attribute(one, "numFmtId") or "" for one in _children(root, "cellXfs")]
    return {str(number): decimals[one] for number, one in enumerate(told) if one in decimals}


def _percentages(
    package: Package, part: str, formats: dict[str, int]
) -> Iterator[tuple[Place, int]]:
    cells = re.compile(rb"<(?:\w+:)?c\s[^>]*>")
    style = re.compile(rb'\ss="(%s)"' % b"|".join(one.encode() for one in formats))
    reference = re.compile(rb'\sr="([A-Z]{1,3}\d{1,7})"')
    for cell in cells.findall(package.data(part)):
        shown, place = style.search(cell), reference.search(cell)
        if shown and place:
            yield _place(place[1].decode()), formats[shown[1].decode()]


def _texts(package: Package, sheet: str) -> Iterator[str]:
    for drawing in package.related(sheet, "drawing"):
        root = package.xml(drawing)
        bodies = (
            [one for one in root.iter() if name_of(one) == "txBody"] if root is not None else []
        )
        for body in bodies:
            yield "\n".join(
                text
                for text in (one_line(_runs(one)) for one in body if name_of(one) == "p")
                if text
            )


def _comments(package: Package, sheet: str, people: dict[str, str]) -> Iterator[str]:
    """Those of a thread, and the older notes where there is no thread."""
    threaded = set()
    for root in map(package.xml, package.related(sheet, "threadedComment")):
        for one in [] if root is None else root:
            place, author = (
                attribute(one, "ref") or "",
                people.get(attribute(one, "personId") or "", "unknown"),
            )
            threaded.add(place)
            yield f"Comment on {place} ({author}): {one_line(_runs(one, 'text'))}"
    for part in package.related(sheet, "comments"):
        root = package.xml(part)
        authors = [one_line(one.text or "") for one in _children(root, "authors")]
        for one in _children(root, "commentList"):
            place, number = attribute(one, "ref") or "", attribute(one, "authorId") or ""
            if place not in threaded:
                author = (
                    authors[int(number)] if number.isdigit() and int(number) < len(authors) else ""
                )
                text = one_line(_runs(one)).removeprefix(f"{author}:").strip()
                yield f"Comment on {place} ({author or 'unknown'}): {text}"


def _people(package: Package, workbook: str) -> dict[str, str]:
    roots = [package.xml(part) for part in package.related(workbook, "person")]
    return {
        attribute(one, "id") or "": attribute(one, "displayName") or ""
        for root in roots
        if root is not None
        for one in root
    }


def _children(root: Xml | None, name: str) -> list[Xml]:
    found = child(root, name)
    return [] if found is None else list(found)


def _runs(element: Xml, name: str = "t") -> str:
    return "".join(one.text or "" for one in element.iter() if name_of(one) == name)


def _place(reference: str) -> Place:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return -1, -1
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1
