"""Zip archives: the text is the list of their files, and each file becomes a document of its own."""

import zipfile
from contextlib import suppress

from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import relative_path, with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.zip_safety import open_zip, read_member
from vouch.schemas.records import Attachment, Document

# What macOS and Windows put beside the files of a folder.
_LITTER_FOLDERS = {"__MACOSX"}
_LITTER_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
_UTF8_NAME = 0x800


def parse(data: bytes, hint: Hint) -> Document:
    """The members of a zip as list items and attachments; raises `DocumentRejected`."""
    with open_zip(data) as archive:
        named = [(member, _name(member)) for member in archive.infolist() if not member.is_dir()]
        files = [
            Attachment(name, read_member(archive, member))
            for member, name in named
            if name and not _litter(name)
        ]
    attachments = with_unique_names(files)
    builder = DocumentBuilder()
    for attachment in attachments:
        builder.list_item(attachment.name)
    return builder.build(attachments=attachments)


def _name(member: zipfile.ZipInfo) -> str:
    """A member's path; many writers store UTF-8 without the flag that says so, which `zipfile` reads as cp437."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return relative_path(name)


def _litter(name: str) -> bool:
    folder, _, last = name.rpartition("/")
    return last in _LITTER_FILES or folder.split("/")[0] in _LITTER_FOLDERS
