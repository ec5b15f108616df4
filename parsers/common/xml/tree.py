"""XML read safely, and the XML parts of zip-based files (Office Open XML, OpenDocument, EPUB).

One rule for every format in XML. Nothing outside the document is ever loaded. Declarations that
nothing refers to change nothing; entities with a text of their own are filled in, as long as they
do not make it grow beyond a limit; a document that does, or refers to another file, is unsafe.

Elements and attributes are looked up by local name: the strict and the transitional notation of
Office Open XML (ISO/IEC 29500) differ in namespaces only.
"""

import re
import zipfile
from collections.abc import Iterable, Mapping
from html.entities import html5
from typing import TypeAlias

from lxml import etree

from vouch.parsers.common.zip_safety import read_member
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

Xml: TypeAlias = etree._Element
# Against XML external entities (XXE): nothing is loaded, and entities are left as they are.
SAFE_OPTIONS = {"resolve_entities": False, "no_network": True, "load_dtd": False}
_PIECE = 4096  # bytes that are read at once in search of the root element
# What libxml2 reports for entities that grow without limit or contain themselves.
_UNSAFE_CODES = (etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_ENTITY_LOOP)
_ROOM = 10_000  # characters that entities may add to a document of any size
_PREDEFINED = frozenset(("amp", "lt", "gt", "quot", "apos"))
# References, and where what looks like one is none.
_REFERENCE = re.compile(
    rb"<!\[CDATA\[(?:(?!\]\]>).)*+\]\]>|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>"
    rb"|&([A-Za-z_][\w.-]*);",
    re.DOTALL,
)


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
        if declared is None:
            return etree.fromstring(data, safe_parser(**options))
        if declared:
            # Without this limit libxml2 allows a document to grow without any.
            options["huge_tree"] = False
        root = etree.fromstring(_with_known_references(data, declared), _filling_parser(options))
    except _LoadsError as error:
        message = f"{subject} refers to another file, {error.url!r}, and none is loaded"
        raise DocumentRejected(Reason.UNSAFE, message) from None
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _rejected(error, subject) from None
    if declared and sum(map(len, root.itertext())) > 2 * len(data) + _ROOM:
        message = f"{subject} grows by its entities to twice its size or more"
        raise DocumentRejected(Reason.UNSAFE, message)
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
    xml: bytes = etree.tostring(parse_xml(data, subject))
    return xml


def _declared(data: bytes) -> frozenset[str] | None:
    """Return the names of the entities that a document type declares, None where there is none.

    Nothing is read behind the beginning of the root element.
    """
    parser = etree.XMLPullParser(events=("start",), **SAFE_OPTIONS)
    for start in range(0, len(data), _PIECE):
        error: etree.XMLSyntaxError | None = None
        try:
            parser.feed(data[start : start + _PIECE])
        except etree.XMLSyntaxError as raised:
            error = raised  # which may be behind the beginning of the root element
        for _, root in parser.read_events():
            dtd = root.getroottree().docinfo.internalDTD
            return None if dtd is None else frozenset(entity.name for entity in dtd.iterentities())
        if error is not None:
            raise error
    return None


def _with_known_references(data: bytes, declared: frozenset[str]) -> bytes:
    """Return a document in which nothing refers to what only another file could declare."""

    def readable(match: re.Match[bytes]) -> bytes:
        name = (match[1] or b"amp").decode()
        if name in _PREDEFINED or name in declared:
            return match[0]
        if characters := html5.get(f"{name};"):
            return "".join(f"&#{ord(character)};" for character in characters).encode()
        return f"&amp;{name};".encode()

    return _REFERENCE.sub(readable, data) if b"&" in data else data


class _LoadsError(Exception):
    """A document refers to another file."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class _Nothing(etree.Resolver):  # type: ignore[misc] # lxml has no types
    """Refuses whatever a document would load, before it is opened."""

    def resolve(self, system_url: str | None, public_id: str | None, context: object) -> object:
        raise _LoadsError(system_url or public_id or "")


def _filling_parser(options: Mapping[str, bool]) -> etree.XMLParser:
    """Return a parser that fills in entities and loads nothing."""
    parser = etree.XMLParser(**{**SAFE_OPTIONS, "resolve_entities": True, **options})
    parser.resolvers.add(_Nothing())
    return parser


def _rejected(error: Exception, subject: str) -> DocumentRejected:
    """Return the rejection of what libxml2 cannot read."""
    code = error.code if isinstance(error, etree.XMLSyntaxError) else None
    if code == etree.ErrorTypes.ERR_ENTITY_IS_EXTERNAL:
        message = f"{subject} refers to another file in an attribute, and none is loaded: {error}"
        return DocumentRejected(Reason.UNSAFE, message)
    if code in _UNSAFE_CODES:
        is_deep = "depth" in str(error)
        fault = "is nested too deep" if is_deep else "grows by its entities, as a bomb does"
        return DocumentRejected(Reason.UNSAFE, f"{subject} {fault}: {error}")
    return DocumentRejected(
        Reason.MALFORMED, f"{subject} is damaged, as it is not well-formed XML: {error}"
    )


class XmlPackage:
    """The members of an opened zip file, read as XML or as bytes.

    `damaged` has the parts beside the main one that could not be read, with what is wrong.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.damaged: dict[str, DocumentRejected] = {}
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

    def has(self, part: str) -> bool:
        """Return whether there is such a part."""
        return part.lower() in self._members

    def beside(self, part: str) -> Xml | None:
        """Return the root element of a part that must not cost the others.

        None where it is missing, damaged or unsafe, which `damaged` then says.
        """
        if part in self.damaged:
            return None
        try:
            root = self.xml(part)
        except DocumentRejected as rejected:
            self.damaged[part] = rejected
            return None
        if root is None:
            message = f"the part {part}, to which the file refers, is missing"
            self.damaged[part] = DocumentRejected(Reason.MALFORMED, message)
        return root

    def data_beside(self, part: str) -> bytes:
        """Return the bytes of a part as `beside` does its elements; b"" where it has none."""
        try:
            return self.data(part)
        except DocumentRejected as rejected:
            self.damaged.setdefault(part, rejected)
            return b""

    def data(self, part: str) -> bytes:
        """Return the bytes of a part, b"" where there is no such part."""
        member = self._members.get(part.lower())
        return b"" if member is None else read_member(self._archive, member)


def ill_formed(archive: zipfile.ZipFile, names: Iterable[str]) -> dict[str, DocumentRejected]:
    """Return by name what is wrong with those of the named parts that are no XML.

    Raises `DocumentRejected` (unsafe).
    """
    wrong: dict[str, DocumentRejected] = {}
    for name in names:
        try:
            parse_xml(read_member(archive, archive.getinfo(name)), f"the part {name} of the file")
        except DocumentRejected as rejected:
            if rejected.reason != Reason.MALFORMED:
                raise
            wrong[name] = rejected
    return wrong


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
