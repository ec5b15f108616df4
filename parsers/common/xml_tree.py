"""XML parts of zip-based Office files (Office Open XML, OpenDocument) and their elements.

Elements and attributes are looked up by local name: the strict and the transitional notation of
Office Open XML (ISO/IEC 29500) differ in namespaces only.
"""

import zipfile
from typing import TypeAlias

from lxml import etree

from vouch.parsers.common.zip_safety import read_member
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

Xml: TypeAlias = etree._Element
# Against XML external entities (XXE) and entity expansion: nothing is loaded nor filled in.
SAFE_OPTIONS = {"resolve_entities": False, "no_network": True, "load_dtd": False}


def safe_parser(**options: bool) -> etree.XMLParser:
    """Return a parser that loads nothing and resolves no entities; `options` are lxml's others."""
    return etree.XMLParser(**SAFE_OPTIONS, **options)


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

        Raises `DocumentRejected` (malformed) where it is not XML. Entities are not resolved, and
        nothing is loaded.
        """
        member = self._members.get(part.lower())
        if member is None:
            return None
        parser = safe_parser(remove_comments=True, remove_pis=True)
        try:
            return etree.fromstring(read_member(self._archive, member), parser)
        except etree.XMLSyntaxError as error:
            raise DocumentRejected(
                Reason.MALFORMED, f"the part {part} of the file is damaged: {error}"
            ) from None

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
