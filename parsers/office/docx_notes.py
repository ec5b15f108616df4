"""What hangs on the text of a Word document in parts of its own: footnotes, endnotes, comments, page headers and footers."""

from collections.abc import Iterator

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.xml_tree import Xml, attribute, name_of
from vouch.parsers.office.docx_inline import NoteKey
from vouch.parsers.office.ooxml_package import Package


def related_xml(package: Package, main: str, kind: str) -> Xml | None:
    """The first part of a kind that the main part refers to."""
    parts = package.related(main, kind)
    return package.xml(parts[0]) if parts else None


def notes(package: Package, main: str) -> dict[NoteKey, Xml]:
    """Footnotes and endnotes, without the lines that part them from the text."""
    found = {}
    for kind in ("footnote", "endnote"):
        by_id = _by_id(related_xml(package, main, f"{kind}s"), kind)
        found.update(
            {
                (kind, key): note
                for key, note in by_id.items()
                if attribute(note, "type") in {None, "normal"}
            }
        )
    return found


def labels(found: dict[NoteKey, Xml], root: Xml) -> dict[NoteKey, str]:
    """Footnotes are counted [1], [2], endnotes [e1], [e2], as the text refers to them."""
    numbered: dict[NoteKey, str] = {}
    for kind, prefix in (("footnote", ""), ("endnote", "e")):
        referred = (
            (kind, attribute(one, "id") or "") for one in root.iter(f"{{*}}{kind}Reference")
        )
        keys = dict.fromkeys(key for key in referred if key in found)
        numbered.update({key: f"[{prefix}{number}]" for number, key in enumerate(keys, start=1)})
    return numbered


def comments(package: Package, main: str) -> dict[str, Xml]:
    """Comments by id."""
    return _by_id(related_xml(package, main, "comments"), "comment")


def loose_comments(found: dict[str, Xml], root: Xml) -> Iterator[str]:
    """Ids of the comments that no place of the text refers to: those in notes, and those that a program left so."""
    referred = {attribute(one, "id") for one in root.iter("{*}commentReference")}
    return (key for key in found if key not in referred)


def margins(package: Package, main: str, root: Xml, kind: str) -> list[Xml]:
    """The page headers (or footers) that sections refer to, each text once."""
    targets = package.relationships(main)
    ids = (attribute(one, "id") or "" for one in root.iter(f"{{*}}{kind}Reference"))
    parts = dict.fromkeys(targets[one][1] for one in ids if one in targets)
    roots = [found for found in map(package.xml, parts) if found is not None]
    return list({one_line("".join(map(str, found.itertext()))): found for found in roots}.values())


def _by_id(root: Xml | None, name: str) -> dict[str, Xml]:
    found = [one for one in root if name_of(one) == name] if root is not None else []
    return {attribute(one, "id") or "": one for one in found}
