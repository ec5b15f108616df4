"""Which media types unstructured partitions, and what has to be installed for each.

A copy of the library's own table, so that nothing of the library is imported before a document
needs it. A test compares the two.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

_OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class Partitionable:
    """A media type as the library names it, the extra that reads it, and that extra's modules."""

    content_type: str
    extra: str = ""
    modules: tuple[str, ...] = ()


_TEXT = Partitionable("text/plain")
_SHEETS = ("pandas", "openpyxl", "xlrd", "msoffcrypto")
_PICTURES = ("image/bmp", "image/heic", "image/jpeg", "image/png", "image/tiff", "image/webp")
_SOUND = ("audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/opus", "audio/wav")

# By our names of the types. Old Word and PowerPoint files are absent: the library converts them by
# LibreOffice without any limit, where it is installed; `vouch.parsers.office` does so with limits.
PARTITIONABLE: Mapping[str, Partitionable] = {
    "text/plain": _TEXT,
    "text/x-source": _TEXT,
    "application/yaml": _TEXT,
    "text/markdown": Partitionable("text/markdown", "md", ("markdown",)),
    "text/x-rst": Partitionable("text/x-rst", "rst", ("pypandoc",)),
    "text/x-org": Partitionable("text/org", "org", ("pypandoc",)),
    "text/rtf": Partitionable("text/rtf", "rtf", ("pypandoc",)),
    "text/html": Partitionable("text/html"),
    "application/xhtml+xml": Partitionable("text/html"),
    "application/xml": Partitionable("application/xml"),
    "application/json": Partitionable("application/json"),
    "application/x-ndjson": Partitionable("application/x-ndjson"),
    "text/csv": Partitionable("text/csv", "csv", ("pandas",)),
    "text/tab-separated-values": Partitionable("text/tsv", "tsv", ("pandas",)),
    "application/epub+zip": Partitionable("application/epub", "epub", ("pypandoc",)),
    "application/vnd.oasis.opendocument.text": Partitionable(
        "application/vnd.oasis.opendocument.text", "odt", ("docx", "pypandoc")
    ),
    f"{_OFFICE}wordprocessingml.document": Partitionable(
        f"{_OFFICE}wordprocessingml.document", "docx", ("docx",)
    ),
    f"{_OFFICE}presentationml.presentation": Partitionable(
        f"{_OFFICE}presentationml.presentation", "pptx", ("pptx",)
    ),
    f"{_OFFICE}spreadsheetml.sheet": Partitionable(
        f"{_OFFICE}spreadsheetml.sheet", "xlsx", _SHEETS
    ),
    "application/vnd.ms-excel": Partitionable("application/vnd.ms-excel", "xlsx", _SHEETS),
    "message/rfc822": Partitionable("message/rfc822"),
    "application/vnd.ms-outlook": Partitionable("application/vnd.ms-outlook", "msg", ("oxmsg",)),
    "application/pdf": Partitionable(
        "application/pdf", "pdf", ("pdf2image", "pdfminer", "PIL", "unstructured_inference")
    ),
    **{name: Partitionable(name, "image", ("unstructured_inference",)) for name in _PICTURES},
    **{name: Partitionable(name, "audio", ("whisper",)) for name in (*_SOUND, "audio/webm")},
}


@functools.cache
def missing_modules(media_type: str) -> tuple[str, ...]:
    """Return the modules that are not installed, of those that reading a media type takes."""
    return tuple(
        module for module in PARTITIONABLE[media_type].modules if find_spec(module) is None
    )


def can_partition(media_type: str) -> bool:
    """Return whether unstructured reads a media type with what is installed."""
    return media_type in PARTITIONABLE and not missing_modules(media_type)
