"""Leave damaged parts of an EPUB or OpenDocument file out: one must not cost the others."""

import zipfile
from collections.abc import Mapping

from vouch.parsers.common.unpacking import MEGABYTE
from vouch.parsers.common.zip_safety import open_zip, reading, repacked
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

_EMPTY_PAGE = b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body/></html>'
# What stands for a damaged member, by its suffix; without any other, a file cannot be read.
_STAND_INS: Mapping[str, bytes] = {
    **dict.fromkeys(("xhtml", "html", "htm"), _EMPTY_PAGE),
    **dict.fromkeys(("css", "ttf", "otf", "woff", "woff2", "js", "mp3", "mp4"), b""),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "svg", "svm", "webp", "bmp", "emf", "wmf"), b""),
}


def without_damaged_parts(data: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the file with stand-ins for its damaged chapters and pictures; why, by their names.

    Every member is unpacked once, a piece at a time, as `check_zip` does. Raises `DocumentRejected`
    as that does, where another member is damaged or no chapter is left.
    """
    with open_zip(data) as archive:
        damaged: dict[str, DocumentRejected] = {}
        for member in archive.infolist():
            try:
                with reading(member), archive.open(member) as stream:
                    while stream.read(MEGABYTE):
                        pass
            except DocumentRejected as rejected:
                if rejected.reason != Reason.MALFORMED or _suffix(member) not in _STAND_INS:
                    raise
                damaged[member.filename] = rejected
        if not damaged:
            return data, {}
        pages = [member for member in archive.infolist() if _STAND_INS.get(_suffix(member))]
        if pages and all(member.filename in damaged for member in pages):
            raise next(iter(damaged.values()))
        stand_ins = {name: _STAND_INS[_suffix(archive.getinfo(name))] for name in damaged}
        return repacked(archive, stand_ins), {
            name: rejected.message for name, rejected in damaged.items()
        }


def _suffix(member: zipfile.ZipInfo) -> str:
    return member.filename.rpartition(".")[2].lower()
