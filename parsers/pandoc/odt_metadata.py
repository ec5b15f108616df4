"""What an OpenDocument file says of itself, which pandoc does not read."""

from typing import Any

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.xml_tree import XmlPackage, child, name_of
from vouch.parsers.common.zip_safety import open_zip
from vouch.schemas.errors import DocumentRejected

_NAMES = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "creation-date": "date",
    "language": "lang",
    "description": "description",
    "subject": "subject",
}


def open_document_meta(data: bytes) -> dict[str, dict[str, Any]]:
    """`meta.xml` in the form of pandoc's metadata; empty where it is missing or damaged."""
    try:
        with open_zip(data) as archive:
            root = XmlPackage(archive).xml("meta.xml")
    except DocumentRejected:
        return {}
    found: dict[str, dict[str, Any]] = {}
    meta = child(root, "meta")
    for element in () if meta is None else meta:
        name, value = _NAMES.get(name_of(element)), one_line(element.text or "")
        if name and value:
            found.setdefault(name, {"t": "MetaString", "c": value})
    return found
