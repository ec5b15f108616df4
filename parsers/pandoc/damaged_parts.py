"""Leave damaged pictures and fonts of an OpenDocument text out: one must not cost the text."""

from collections.abc import Mapping

from vouch.parsers.common.zip_safety import damaged_members, open_zip, repacked
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason

# What stands for a damaged member, by its suffix; without any other, a file cannot be read.
_STAND_INS: Mapping[str, bytes] = {
    **dict.fromkeys(("css", "ttf", "otf", "woff", "woff2", "js", "mp3", "mp4"), b""),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "svg", "svm", "webp", "bmp", "emf", "wmf"), b""),
}


def without_damaged_parts(data: bytes) -> tuple[bytes, dict[str, DocumentRejected]]:
    """Return the file with stand-ins for its damaged pictures; what is wrong, by their names.

    Every member is unpacked once, a piece at a time, as `check_zip` does. Raises `DocumentRejected`
    as that does, where another member is damaged.
    """
    with open_zip(data) as archive:
        damaged = damaged_members(archive)
        for name, rejected in damaged.items():
            if rejected.reason != Reason.MALFORMED or _suffix(name) not in _STAND_INS:
                raise rejected
        if not damaged:
            return data, {}
        return repacked(archive, {name: _STAND_INS[_suffix(name)] for name in damaged}), damaged


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower()
