"""Read the members of a zip."""

import stat
import zipfile
from contextlib import suppress

from vouch.parsers.archives.members import Members
from vouch.parsers.archives.zip_recovery import recovered
from vouch.parsers.common.zip_safety import is_encrypted, open_archive, read_member
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_UNIX = 3  # a system on which the member was added, and whose file modes it has
_UTF8_NAME = 0x800  # flag bit 11 of the zip specification (APPNOTE 4.4.4)


def zip_members(data: bytes) -> Members:
    """Return the files of a zip. Raise `DocumentRejected` (malformed, unsafe).

    Of one that is cut off, those before the cut.
    """
    members = Members()
    last = ""
    try:
        opened = open_archive(data)
    except DocumentRejected as rejected:
        if rejected.reason != Reason.MALFORMED:
            raise
        data, last = recovered(data)
        if not last:
            raise
        opened = open_archive(data)
    with opened as archive:
        for member in archive.infolist():
            name = _name(member)
            if member.filename.endswith("/"):  # `is_dir` fails for an empty name
                continue
            if special := _special(member):
                members.left_out[special] += 1
                continue
            if is_encrypted(member):
                message = f"{name!r} is under a password; remove it and try again"
                members.add_problem(name, Reason.ENCRYPTED, message)
                continue
            try:
                members.add(name, read_member(archive, member))
            except DocumentRejected as rejected:
                members.add_rejected(name, rejected)
    if last:
        message = f"the zip is cut off or damaged behind {last!r}; only what is before is read"
        members.add_problem("damaged part of the archive", Reason.MALFORMED, message)
    return members


def _special(member: zipfile.ZipInfo) -> str:
    """Return the kind of a member that is a link or a device, "" for a file."""
    mode = member.external_attr >> 16 if member.create_system == _UNIX else 0
    if stat.S_ISLNK(mode):
        return "links"
    return "devices" if stat.S_IFMT(mode) not in (0, stat.S_IFREG) else ""


def _name(member: zipfile.ZipInfo) -> str:
    """Return the path of a member.

    Many writers store UTF-8 without the flag for it, which `zipfile` decodes as cp437.
    """
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name
