"""Leave the damaged parts of a presentation out: python-pptx refuses a whole file for one."""

import posixpath
import zipfile
from collections.abc import Mapping, Set

from lxml import etree

from vouch.parsers.common.xml.tree import Xml, ill_formed, parse_xml
from vouch.parsers.common.zip_safety import damaged_members, open_zip, read_member, repacked
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LAYOUTS, _MASTERS, _SLIDES = "ppt/slideLayouts/", "ppt/slideMasters/", "ppt/slides/"
_MAIN_PARTS = ("[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml",
               "ppt/_rels/presentation.xml.rels")  # fmt: skip
_EMPTY = (
    '<p:{0} xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree>'
    '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    "</p:spTree></p:cSld></p:{0}>"
)
# What slides are formatted by: with an empty one they can still be read.
_STAND_INS = {_LAYOUTS: "sldLayout", _MASTERS: "sldMaster"}
# What a part must refer to, by its folder: the kind, and the folder of the other.
_NEEDED = {_SLIDES: ("slideLayout", _LAYOUTS), _LAYOUTS: ("slideMaster", _MASTERS)}


def without_damaged_parts(data: bytes) -> tuple[bytes, dict[str, DocumentRejected]]:
    """Return a presentation without its damaged parts, and what is wrong with each by its name.

    Nothing refers to them or to missing parts any more; empty layouts and masters stand for
    damaged ones. Raises `DocumentRejected` (malformed) where a part is damaged that all others
    depend on.
    """
    with open_zip(data) as archive:
        damaged = _damaged(archive)
        for name in _MAIN_PARTS:
            if name in damaged:
                raise damaged[name]
        names = set(archive.namelist())
        parts = sorted(name for name in names - damaged.keys() if not name.endswith(".rels"))
        relations = {
            part: _relations(archive, relations_of(part), damaged)
            for part in parts
            if relations_of(part) in names or _folder(part) in _NEEDED
        }
        there = {name.lower() for name in names}
        for part, root in relations.items():
            _note_missing(root, part, there, damaged)
        written = {
            name: _EMPTY.format(_STAND_INS[_folder(name)]).encode()
            for name in damaged
            if _folder(name) in _STAND_INS
        }
        kept = sorted({*parts, *written}, reverse=True)
        present, first = {name.lower() for name in kept}, {_folder(name): name for name in kept}
        for part in (*relations, *(name for name in written if name not in relations)):
            root = relations.get(part)
            root = _relations(archive, "", damaged) if root is None else root
            if _drop(root, part, present) | _add_needed(root, part, first, damaged):
                written[relations_of(part)] = etree.tostring(root)
        left_out = tuple(name for name in damaged if name not in written)
        return repacked(archive, written, left_out), damaged


def _damaged(archive: zipfile.ZipFile) -> dict[str, DocumentRejected]:
    damaged = damaged_members(archive)
    names = (name for name in dict.fromkeys(archive.namelist()) if name not in damaged)
    xml = [name for name in names if name.lower().endswith((".xml", ".rels"))]
    return damaged | ill_formed(archive, xml)


def _relations(archive: zipfile.ZipFile, name: str, damaged: dict[str, DocumentRejected]) -> Xml:
    """Return the relationships of a part, none where they are damaged."""
    if name in damaged or name not in archive.namelist():
        return etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
    return parse_xml(read_member(archive, archive.getinfo(name)), name)


def relations_of(part: str) -> str:
    """Return the name of the part with the relationships of a part."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels".lstrip("/")


def _folder(part: str) -> str:
    return f"{part.rpartition('/')[0]}/"


def _target(node: Xml, part: str) -> str:
    """Return the part that a relationship leads to, "" where it leads out."""
    if node.get("TargetMode") == "External":
        return ""
    return posixpath.normpath(posixpath.join("/", _folder(part), node.get("Target", ""))).lstrip(
        "/"
    )


def _note_missing(
    root: Xml, part: str, present: Set[str], damaged: dict[str, DocumentRejected]
) -> None:
    for target in (_target(node, part) for node in root):
        if target and target.lower() not in present:
            message = f"the part {target}, to which the file refers, is missing"
            damaged.setdefault(target, DocumentRejected(Reason.MALFORMED, message))


def _drop(root: Xml, part: str, present: Set[str]) -> bool:
    """Remove the relationships to parts that are not there; return whether there were any."""
    gone = [
        node for node in root if (target := _target(node, part)) and target.lower() not in present
    ]
    for node in gone:
        root.remove(node)
    return bool(gone)


def _add_needed(
    root: Xml, part: str, first: Mapping[str, str], damaged: dict[str, DocumentRejected]
) -> bool:
    """Add the relationship without which a slide or a layout cannot be read.

    It leads to the first part of the folder of layouts or masters: `first` has them.
    """
    kind, folder = _NEEDED.get(_folder(part), ("", ""))
    if not kind or any(node.get("Type", "").endswith(f"/{kind}") for node in root):
        return False
    message = f"the part {part} of the file has no {kind}"
    damaged.setdefault(relations_of(part), DocumentRejected(Reason.MALFORMED, message))
    if folder not in first:
        return False
    attributes = {"Id": "needed", "Type": f"{_KINDS}/{kind}", "Target": f"/{first[folder]}"}
    etree.SubElement(root, f"{{{_RELATIONS}}}Relationship", attributes)
    return True
