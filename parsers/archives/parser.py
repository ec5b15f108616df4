"""Archives and compressed files: the text lists their files, and each becomes a document.

Nothing is ever written to disk. What leads out of the archive by its name gets a name within it;
links and devices are counted in the metadata and not followed.
"""

from vouch.parsers.archives.compressed import compressed_members
from vouch.parsers.archives.sevenzip import sevenzip_members
from vouch.parsers.archives.tar import tar_members
from vouch.parsers.archives.zip import zip_members
from vouch.parsers.base import Hint
from vouch.parsers.common.attachment_names import with_unique_names
from vouch.parsers.common.builder import DocumentBuilder
from vouch.schemas.documents.records import Document, Metadata, Reason
from vouch.schemas.errors import DocumentRejected

# What macOS and Windows add to folders.
_SYSTEM_FOLDERS = {"__MACOSX"}
_SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
_READERS = {
    "application/zip": zip_members,
    "application/x-tar": tar_members,
    "application/x-7z-compressed": sevenzip_members,
}


def parse(data: bytes, hint: Hint) -> Document:
    """Return an archive's files as list items and attachments.

    A member that cannot be read is an attachment with its problem. Raises `DocumentRejected`:
    malformed, unsafe, unsupported_type, or encrypted, where that holds for the archive as a whole.
    """
    read = _READERS.get(hint.media_type)
    members = read(data) if read else compressed_members(data, hint.name, hint.media_type)
    files = [file for file in members.files if not _is_system_file(file.name)]
    problems = [file.problem for file in files if file.problem]
    if problems and len(problems) == len(files):
        # Nothing of it can be read: that is a problem of the archive, not of each of its members.
        raise DocumentRejected(problems[0].reason, problems[0].message)
    if not files:
        but = f" (but {members.left_out_in_words()})" if members.left_out else ""
        raise DocumentRejected(Reason.NO_TEXT, f"the archive holds no files{but}")
    attachments = with_unique_names(files)
    extra = (("left_out", members.left_out_in_words()),) if members.left_out else ()
    builder = DocumentBuilder()
    for attachment in attachments:
        builder.list_item(attachment.name)
    return builder.build(Metadata(extra=extra), attachments)


def _is_system_file(name: str) -> bool:
    folder, _, last = name.rpartition("/")
    # macOS's tar stores the attributes of a file beside it, under its name with this prefix.
    is_attributes = last.startswith("._")
    return is_attributes or last in _SYSTEM_FILES or folder.split("/")[0] in _SYSTEM_FOLDERS
