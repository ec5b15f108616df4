"""Leave damaged parts beside an OpenDocument text out: styles, properties, pictures, fonts."""

from collections.abc import Mapping

from vouch.parsers.common.xml.tree import ill_formed
from vouch.parsers.common.zip_safety import damaged_members, open_zip, repacked
from vouch.parsers.pandoc.flat_odt import OFFICE
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

# What stands for a damaged member, by its suffix; without any other, a file cannot be read.
_STAND_INS: Mapping[str, bytes] = {
    **dict.fromkeys(("css", "ttf", "otf", "woff", "woff2", "js", "mp3", "mp4"), b""),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "svg", "svm", "webp", "bmp", "emf", "wmf"), b""),
}
# Parts without which pandoc reads a text: each an element that says nothing.
_EMPTY_PARTS: Mapping[str, bytes] = {
    f"{name}.xml": f'<o:document-{name} xmlns:o="{OFFICE}"/>'.encode()
    for name in ("styles", "meta", "settings")
}


def without_damaged_parts(data: bytes) -> tuple[bytes, dict[str, DocumentRejected]]:
    """Return the file with stand-ins for its damaged parts; what is wrong, by their names.

    Every member is unpacked once, a piece at a time, as `check_zip` does. Raises `DocumentRejected`
    as that does, where another member is damaged.
    """
    with open_zip(data) as archive:
        damaged = damaged_members(archive)
        present = _EMPTY_PARTS.keys() & set(archive.namelist())
        damaged |= ill_formed(archive, sorted(present - damaged.keys()))
        fillers = {
            name: _STAND_INS[_suffix(name)] for name in damaged if _suffix(name) in _STAND_INS
        }
        stand_ins = {**_EMPTY_PARTS, **fillers}
        for name, rejected in damaged.items():
            if rejected.reason != Reason.MALFORMED or name not in stand_ins:
                raise rejected
        if not damaged:
            return data, {}
        return repacked(archive, {name: stand_ins[name] for name in damaged}), damaged


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()
