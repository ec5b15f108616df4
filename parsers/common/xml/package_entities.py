"""Fill in the entities of the XML in a package, for libraries that read the package themselves."""

from vouch.parsers.common.text.encoding import decode
from vouch.parsers.common.xml.doctype import without_subset
from vouch.parsers.common.xml.tree import without_entities
from vouch.parsers.common.zip_safety import open_zip, read_member, reading, repacked
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_PAGES = ("xhtml", "html", "htm")
_SUFFIXES = {"xml", "rels", "opf", "ncx", "svg", "vml", *_PAGES}
_HEAD = 4096  # bytes in which a document type begins


def with_entities_filled_in(data: bytes) -> bytes:
    """Return a zip of which no part declares entities: their texts are at their places.

    Raises `DocumentRejected` (unsafe) as `parse_xml` does; what is not well-formed is left to the
    library, which reports it.
    """
    with open_zip(data) as archive:
        filled: dict[str, bytes] = {}
        for name in dict.fromkeys(archive.namelist()):
            member = archive.getinfo(name)
            if _suffix(name) not in _SUFFIXES:
                continue
            with reading(member), archive.open(member) as stream:
                head = stream.read(_HEAD).replace(b"\0", b"")  # UTF-16 has one in each character
            if b"<!DOCTYPE" not in head or b"[" not in head:
                continue
            content = read_member(archive, member)
            if (new := _filled_in(content, name)) != content:
                filled[name] = new
        return repacked(archive, filled) if filled else data


def _filled_in(content: bytes, name: str) -> bytes:
    try:
        content = without_entities(content, f"the part {name} of the file")
    except DocumentRejected as rejected:
        if rejected.reason == Reason.UNSAFE:
            raise
    # Chapters are read as HTML, where any other subset would be text.
    return without_subset(decode(content)).encode() if _suffix(name) in _PAGES else content


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()
