"""File names for attachments: safe, unique and not empty."""

import mimetypes
import re
from collections.abc import Iterable
from dataclasses import replace

from vouch.parsers.common.text.clean import composed, one_line
from vouch.schemas.documents.records import Attachment

MAX_NAME = 200  # characters
# Without the machine's own mime.types, so that a name is the same on every machine.
_TYPES = mimetypes.MimeTypes(filenames=())
_DRIVE = re.compile(r"^[A-Za-z]:(?=[\\/])")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_PREFERRED = {
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/x-source": ".txt",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/rtf": ".rtf",
    "image/jpeg": ".jpg",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "application/ms-tnef": ".tnef",
    "application/vnd.ms-outlook": ".msg",
    "application/gzip": ".gz",
    "application/yaml": ".yaml",
    "application/epub+zip": ".epub",
    _OFFICE + "wordprocessingml.document": ".docx",
    _OFFICE + "spreadsheetml.sheet": ".xlsx",
    _OFFICE + "presentationml.presentation": ".pptx",
    _OPEN_DOCUMENT + "text": ".odt",
    _OPEN_DOCUMENT + "spreadsheet": ".ods",
    _OPEN_DOCUMENT + "presentation": ".odp",
}


def relative_path(name: str) -> str:
    """Return `name` with forward slashes, without drive, root, `.` and `..`; it may be empty."""
    parts = _DRIVE.sub("", one_line(name).replace("\\", "/")).split("/")
    stripped = (part.strip() for part in parts)
    return "/".join(_shorten(part) for part in stripped if part not in {"", ".", ".."})


def base_name(name: str) -> str:
    """Return the last part of a path in the notation of any system; it may be empty."""
    return relative_path(name).rpartition("/")[2]


def name_of_message(subject: str) -> str:
    """Return a file name for an attached mail, "" where it has no subject."""
    return _shorten(one_line(subject).replace("/", "-").replace("\\", "-")[:80])


def name_for(media_type: str, number: int) -> str:
    """Return a name for the `number`-th part of a message, which has none."""
    extension = _PREFERRED.get(media_type) or _TYPES.guess_extension(media_type) or ".bin"
    return f"attachment-{number}{extension}"


def with_unique_names(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Rename duplicates: the second of a name, compared without case, becomes `name (2).ext`."""
    # The last number that was given to each name: a mail can have 100,000 files of one name.
    used: dict[str, int] = {}
    unique = []
    for attachment in attachments:
        name = attachment.name
        first = key = _key(name)
        number = used.get(first, 1)
        while key in used:
            number += 1
            name = _numbered(attachment.name, number)
            key = _key(name)
        used |= {key: 1, first: number}
        unique.append(replace(attachment, name=name))
    return tuple(unique)


def _key(name: str) -> str:
    """Return what two names have in common that differ in case or composition only."""
    return composed(name).casefold()


def _numbered(name: str, number: int) -> str:
    folder, slash, last = name.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    last = f"{stem} ({number}).{extension}" if dot and stem else f"{last} ({number})"
    return folder + slash + last


def _shorten(part: str) -> str:
    """Cut a name to its greatest length, keeping a short extension: it decides over the parser."""
    if len(part) <= MAX_NAME:
        return part
    stem, dot, extension = part.rpartition(".")
    if not dot or len(extension) > 10:
        return part[:MAX_NAME]
    return f"{stem[: MAX_NAME - 11]}.{extension}"
