"""XML read safely, and the XML parts of zip-based files (Office Open XML, OpenDocument, EPUB).

One rule for every format in XML. Nothing outside the document is ever loaded. Declarations that
nothing refers to change nothing; entities with a text of their own are filled in, as long as they
do not make it grow beyond a limit; a document that does, or refers to another file, is unsafe.

Elements and attributes are looked up by local name: the strict and the transitional notation of
Office Open XML (ISO/IEC 29500) differ in namespaces only.
"""

import zipfile
from collections.abc import Iterator
from html.entities import html5
from itertools import groupby
from typing import TypeAlias, cast

from lxml import etree

from vouch.parsers.common.zip_safety import read_member
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

Xml: TypeAlias = etree._Element
# Against XML external entities (XXE): nothing is loaded. Entities are filled in by `parse_xml`.
SAFE_OPTIONS = {"resolve_entities": False, "no_network": True, "load_dtd": False}
_PIECE = 4096  # bytes that are read at once in search of the root element
# What libxml2 reports for entities that grow, contain themselves, or are in another file.
_UNSAFE_CODES = (
    etree.ErrorTypes.ERR_RESOURCE_LIMIT,
    etree.ErrorTypes.ERR_ENTITY_LOOP,
    etree.ErrorTypes.ERR_ENTITY_IS_EXTERNAL,
)
_ROOM = 10_000  # characters that entities may add to a document of any size
# A document of an entity's text: what it refers to may be declared elsewhere.
_ENTITY = '<!DOCTYPE e SYSTEM ""><e>%s</e>'


def safe_parser(**options: bool) -> etree.XMLParser:
    """Return a parser that loads nothing and resolves no entities; `options` are lxml's others."""
    return etree.XMLParser(**SAFE_OPTIONS, **options)


def parse_xml(data: bytes, subject: str, **options: bool) -> Xml:
    """Return the root element, with the entities that the document itself declares filled in.

    `subject` names the document or part in messages; `options` are lxml's. Entities of HTML are
    known; others that only a document type in another file declares stay as they are written.
    Raises `DocumentRejected`: malformed, or unsafe where entities grow or load other files, or
    elements are nested too deep.
    """
    try:
        declared = _declared(data)
        if declared:
            # Without this limit libxml2 allows a document to grow without any.
            options["huge_tree"] = False
            _reject_includes(data, declared, subject)
        root = etree.fromstring(data, safe_parser(**options))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _rejected(error, subject) from None
    if root.getroottree().docinfo.internalDTD is not None:
        _References(declared, subject, len(data)).fill_in(root)
    return root


def without_entities(data: bytes, subject: str) -> bytes:
    """Return a document that declares entities with their texts instead; others unchanged.

    For libraries with parsers of their own. Raises `DocumentRejected` as `parse_xml` does.
    """
    try:
        declared = _declared(data)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _rejected(error, subject) from None
    if not declared:
        return data
    root = parse_xml(data, subject)
    for node in root.iter("*"):
        for name, value in node.attrib.items():
            node.set(name, value)  # in which libxml2 keeps references
    xml: bytes = etree.tostring(root)
    return xml


_Declared: TypeAlias = dict[str, str | None]
"""Texts of entities by name, None for those in another file."""


def _declared(data: bytes) -> _Declared:
    """Return the entities that are declared before the root element, without reading further."""
    parser = etree.XMLPullParser(events=("start",), **SAFE_OPTIONS)
    for start in range(0, len(data), _PIECE):
        error: etree.XMLSyntaxError | None = None
        try:
            parser.feed(data[start : start + _PIECE])
        except etree.XMLSyntaxError as raised:
            error = raised  # which may be behind the beginning of the root element
        for _, root in parser.read_events():
            dtd = root.getroottree().docinfo.internalDTD
            return {
                entity.name: None if entity.system_url else entity.content or ""
                for entity in (() if dtd is None else dtd.iterentities())
            }
        if error is not None:
            raise error
    return {}


def _reject_includes(data: bytes, declared: _Declared, subject: str) -> None:
    """Reject a document that includes declarations of another file (`%name;`)."""
    subset = data[: data.find(b"]>")]
    for name, text in declared.items():
        if text is None and f"%{name};".encode() in subset:
            raise _loads(name, subject)


class _References:
    """Replaces the references that libxml2 leaves in the tree by what they stand for.

    It raises `DocumentRejected` (unsafe) where they stand for other files, or for more characters
    than the document's own `size` and some.
    """

    def __init__(self, declared: _Declared, subject: str, size: int) -> None:
        self._declared = declared
        self._subject = subject
        self._left = size + _ROOM

    def fill_in(self, root: Xml) -> None:
        """Replace the references below an element."""
        for parent in {reference.getparent(): None for reference in root.iter(etree.Entity)}:
            content = list(self._filled(parent))
            parent.text = None
            del parent[:]
            _set_content(parent, content)

    def _filled(self, parent: Xml) -> Iterator[str | Xml]:
        """Yield the texts and elements in an element, with what its references stand for."""
        yield parent.text or ""
        for node in parent:
            if node.tag is etree.Entity:
                yield from self._meaning(str(node.name))
            else:
                yield node
            yield node.tail or ""

    def _meaning(self, name: str) -> Iterator[str | Xml]:
        text = self._declared.get(name, "")
        if text is None:
            raise _loads(name, self._subject)
        self._left -= len(text)
        if self._left < 0:
            message = f"{self._subject} grows by its entities to twice its size or more"
            raise DocumentRejected(Reason.UNSAFE, message)
        if text:
            entity = etree.fromstring(_ENTITY % text, safe_parser(recover=True))
            self.fill_in(entity)
            yield from self._filled(entity)
        elif name not in self._declared:
            yield html5.get(f"{name};", f"&{name};")


def _set_content(parent: Xml, content: list[str | Xml]) -> None:
    """Give an element without children texts and elements, each text joined once."""
    last: Xml | None = None
    for is_text, group in groupby(content, key=lambda item: isinstance(item, str)):
        if is_text:
            text = "".join(map(str, group))
            if last is None:
                parent.text = text
            else:
                last.tail = text
            continue
        for node in group:
            last = cast(Xml, node)
            parent.append(last)
            last.tail = None


def _loads(name: str, subject: str) -> DocumentRejected:
    return DocumentRejected(
        Reason.UNSAFE, f"{subject} refers to another file by the entity {name!r}; none is loaded"
    )


def _rejected(error: Exception, subject: str) -> DocumentRejected:
    """Return the rejection of what libxml2 cannot read."""
    if isinstance(error, etree.XMLSyntaxError) and error.code in _UNSAFE_CODES:
        if error.code == etree.ErrorTypes.ERR_ENTITY_IS_EXTERNAL:
            fault = "refers to another file, and none is loaded"
        else:
            is_deep = "depth" in str(error)
            fault = "is nested too deep" if is_deep else "grows by its entities, as a bomb does"
        return DocumentRejected(Reason.UNSAFE, f"{subject} {fault}: {error}")
    return DocumentRejected(
        Reason.MALFORMED, f"{subject} is damaged, as it is not well-formed XML: {error}"
    )


class XmlPackage:
    """The members of an opened zip file, read as XML or as bytes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # Part names compare without case; some writers store leading slashes or backslashes.
        self._members = {
            member.filename.replace("\\", "/").lstrip("/").lower(): member
            for member in archive.infolist()
        }

    def xml(self, part: str) -> Xml | None:
        """Return the root element of a part, None where there is no such part.

        Raises `DocumentRejected` as `parse_xml` does.
        """
        member = self._members.get(part.lower())
        if member is None:
            return None
        data = read_member(self._archive, member)
        return parse_xml(
            data, f"the part {part} of the file", remove_comments=True, remove_pis=True
        )

    def data(self, part: str) -> bytes:
        """Return the bytes of a part, b"" where there is no such part."""
        member = self._members.get(part.lower())
        return b"" if member is None else read_member(self._archive, member)


def name_of(element: Xml) -> str:
    """Return the local name of an element."""
    return str(element.tag).rpartition("}")[2]


def child(element: Xml | None, *path: str) -> Xml | None:
    """Follow `path`: the first child of the first name, its first child of the second, …"""
    for name in path:
        if element is None:
            return None
        element = next((node for node in element if name_of(node) == name), None)
    return element


def attribute(element: Xml | None, name: str) -> str | None:
    """Return the value of an attribute by its local name."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def is_on(element: Xml | None) -> bool:
    """Return whether a switch is on: its element exists, and its value does not turn it off."""
    return element is not None and attribute(element, "val") not in {"0", "false", "off", "none"}
