"""Read the parts beside the text of a Word document: notes, comments, page headers and footers."""

from collections.abc import Iterator

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, attribute, name_of
from vouch.parsers.office.ooxml_package import Package
from vouch.parsers.office.word.fields import Fields
from vouch.parsers.office.word.inline import NoteKey


class Parts:
    """The parts beside the main one that it refers to, with their fields and hyperlinks.

    A damaged one is left out: it must not cost the text.
    """

    def __init__(self, package: Package, main: str) -> None:
        self.fields = Fields()
        self._package = package
        self._main = main
        self._targets = package.relationships(main)

    def of_kind(self, kind: str) -> Xml | None:
        """Return the first part of a kind."""
        parts = self._package.related(self._main, kind)
        return self.read(parts[0]) if parts else None

    def linked(self, link: str) -> Xml | None:
        """Return the part that a relationship leads to."""
        return self.read(self._targets[link][1]) if link in self._targets else None

    def read(self, part: str) -> Xml | None:
        """Return the root element of a part, None where it is missing or damaged."""
        root = self._package.beside(part)
        if root is not None:
            self.fields.read(root, self._package.external_targets(part))
        return root


def notes(parts: Parts) -> dict[NoteKey, Xml]:
    """Return footnotes and endnotes, without the separator lines that Word stores as notes."""
    return {
        (kind, note_id): note
        for kind in ("footnote", "endnote")
        for note_id, note in _by_id(parts.of_kind(f"{kind}s"), kind).items()
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


def comments(parts: Parts) -> dict[str, Xml]:
    """Return comments by id."""
    return _by_id(parts.of_kind("comments"), "comment")


def unanchored_comments(comments: dict[str, Xml], root: Xml) -> Iterator[str]:
    """Yield ids of comments without a place in the text: those in notes, or left by programs."""
    anchored = {attribute(reference, "id") for reference in root.iter("{*}commentReference")}
    return (comment_id for comment_id in comments if comment_id not in anchored)


def margins(parts: Parts, root: Xml, kind: str) -> list[Xml]:
    """Return the page headers or footers (`kind`) that sections refer to, each text once.

    Each section may refer to a copy for its first page, and for odd and even ones.
    """
    ids = (attribute(reference, "id") or "" for reference in root.iter(f"{{*}}{kind}Reference"))
    roots = [margin for margin in map(parts.linked, dict.fromkeys(ids)) if margin is not None]
    by_text = {one_line("".join(map(str, margin.itertext()))): margin for margin in roots}
    return list(by_text.values())


def _by_id(root: Xml | None, name: str) -> dict[str, Xml]:
    nodes = [node for node in root if name_of(node) == name] if root is not None else []
    return {attribute(node, "id") or "": node for node in nodes}
