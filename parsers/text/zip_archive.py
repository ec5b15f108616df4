"""Zip archives: the text is the list of files, and each file becomes a document."""

import zipfile
from contextlib import suppress

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import relative_path, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.zip_safety import open_zip, read_member
from vouch.schemas.records import Attachment, Document

# What macOS and Windows add to folders.
_SYSTEM_FOLDERS = {"__MACOSX"}
_SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
_UTF8_NAME = 0x800  # flag bit 11 of the zip specification (APPNOTE 4.4.4)


def parse(data: bytes, hint: Hint) -> Document:
    """Parse a zip into list items and attachments. Raise `DocumentRejected`."""
    with open_zip(data) as archive:
        files = []
        for member in archive.infolist():
            name = _name(member)
            folder, _, last = name.rpartition("/")
            is_system = last in _SYSTEM_FILES or folder.split("/")[0] in _SYSTEM_FOLDERS
            if name and not member.is_dir() and not is_system:
                files.append(Attachment(name, read_member(archive, member)))
    attachments = with_unique_names(files)
    builder = DocumentBuilder()
    for attachment in attachments:
        builder.list_item(attachment.name)
    return builder.build(attachments=attachments)


def _name(member: zipfile.ZipInfo) -> str:
    """Return the path of a member.

    Many writers store UTF-8 without the flag for it, which `zipfile` decodes as cp437.
    """
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return relative_path(name)
