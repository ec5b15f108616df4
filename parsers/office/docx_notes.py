"""Read the parts beside the text of a Word document: notes, comments, page headers and footers."""

from collections.abc import Iterator

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.xml_tree import Xml, attribute, name_of
from vouch.parsers.office.docx_inline import NoteKey
from vouch.parsers.office.ooxml_package import Package


def related_xml(package: Package, main: str, kind: str) -> Xml | None:
    """Return the first part of a kind that the main part refers to."""
    parts = package.related(main, kind)
    return package.xml(parts[0]) if parts else None


def notes(package: Package, main: str) -> dict[NoteKey, Xml]:
    """Return footnotes and endnotes, without the separator lines that Word stores as notes."""
    return {
        (kind, note_id): note
        for kind in ("footnote", "endnote")
        for note_id, note in _by_id(related_xml(package, main, f"{kind}s"), kind).items()
        if attribute(note, "type") in {None, "normal"}
    }


def labels(notes: dict[NoteKey, Xml], root: Xml) -> dict[NoteKey, str]:
    """Number the notes as the text refers to them: footnotes [1], [2], endnotes [e1], [e2]."""
    numbered: dict[NoteKey, str] = {}
    for kind, prefix in (("footnote", ""), ("endnote", "e")):
        referred = (
            (kind, attribute(reference, "id") or "")
            for reference in root.iter(f"{{*}}{kind}Reference")
        )
        keys = dict.fromkeys(key for key in referred if key in notes)
        numbered.update({key: f"[{prefix}{number}]" for number, key in enumerate(keys, start=1)})
    return numbered


def comments(package: Package, main: str) -> dict[str, Xml]:
    """Return comments by id."""
    return _by_id(related_xml(package, main, "comments"), "comment")


def unanchored_comments(comments: dict[str, Xml], root: Xml) -> Iterator[str]:
    """Yield ids of comments without a place in the text: those in notes, or left by programs."""
    anchored = {attribute(reference, "id") for reference in root.iter("{*}commentReference")}
    return (comment_id for comment_id in comments if comment_id not in anchored)


def margins(package: Package, main: str, root: Xml, kind: str) -> list[Xml]:
    """Return the page headers or footers (`kind`) that sections refer to, each text once.

    Each section may refer to a copy for its first page, and for odd and even ones.
    """
    targets = package.relationships(main)
    ids = (attribute(reference, "id") or "" for reference in root.iter(f"{{*}}{kind}Reference"))
    parts = dict.fromkeys(targets[link][1] for link in ids if link in targets)
    roots = [margin for margin in map(package.xml, parts) if margin is not None]
    by_text = {one_line("".join(map(str, margin.itertext()))): margin for margin in roots}
    return list(by_text.values())


def _by_id(root: Xml | None, name: str) -> dict[str, Xml]:
    nodes = [node for node in root if name_of(node) == name] if root is not None else []
    return {attribute(node, "id") or "": node for node in nodes}
