"""Pack an OpenDocument text in a single XML file (.fodt) as the zip that pandoc reads.

The parts are those of OpenDocument 1.2, part 1, 2.2.1; pictures are left out, as they are not read.
"""

import copy
import io
import zipfile

from lxml import etree

from vouch.parsers.common.xml.tree import Xml, name_of, parse_xml, without_entities

_MEDIA_TYPE = "application/vnd.oasis.opendocument.text"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)
# Which children of the flat document each part has.
_PARTS = {
    "content": ("font-face-decls", "automatic-styles", "body"),
    "styles": ("font-face-decls", "styles", "automatic-styles", "master-styles"),
    "meta": ("meta",),
}


def packed(data: bytes) -> bytes:
    """Return the zip of a flat document. Raise `DocumentRejected` (malformed, unsafe)."""
    subject = "the flat OpenDocument file"
    xml = without_entities(data, subject)
    root = parse_xml(xml, subject, remove_comments=True, huge_tree=True)
    for picture in list(root.iter(f"{{{OFFICE}}}binary-data")):
        picture.clear()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", _MEDIA_TYPE)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        for part, names in _PARTS.items():
            archive.writestr(f"{part}.xml", _part(root, part, names))
    return stream.getvalue()


def _part(root: Xml, part: str, names: tuple[str, ...]) -> bytes:
    element = etree.Element(f"{{{OFFICE}}}document-{part}", dict(root.attrib), root.nsmap)
    element.extend(copy.deepcopy(node) for node in root if name_of(node) in names)
    xml: bytes = etree.tostring(element)
    return xml
