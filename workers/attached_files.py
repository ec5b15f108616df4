"""Attachments on their way from the worker that found them to the one that parses them: files.

The run's own process never holds their bytes, whatever a document unpacks to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from vouch.schemas.documents.ids import sha256_bytes
from vouch.schemas.documents.records import Attachment, Picture, Reject
from vouch.schemas.process.private_folder import make_private_folder
from vouch.schemas.settings.parsing import ParsingSettings

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An attachment whose bytes are in a file, or that has a `problem` and no bytes."""

    name: str
    size: int
    sha256: str
    path: Path
    problem: Reject | None = None

    def read(self) -> bytes:
        """Return the bytes."""
        return self.path.read_bytes()

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A figure that is to be described, whose JPEG is in a file: see `Picture`."""

    key: str
    after: int
    page: int | None
    heading_path: tuple[str, ...]
    path: Path

    def read(self) -> bytes:
        """Return the JPEG."""
        return self.path.read_bytes()

    def remove(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> tuple[PictureFile, ...]:
    """Write each picture to a file of its own below `folder`."""
    if pictures:
        make_private_folder(folder)
    files = []
    for picture in pictures:
        path = folder / f"{token_hex(16)}.jpg"
        path.write_bytes(picture.data)
        files.append(
            PictureFile(picture.key, picture.after, picture.page, picture.heading_path, path)
        )
    return tuple(files)


def write_attached(
    folder: Path, attachments: Sequence[Attachment], limits: ParsingSettings
) -> tuple[AttachedFile, ...]:
    """Write each attachment to a file of its own below `folder`.

    None where they are more than one listed document may have on all levels.
    """
    size = sum(len(attachment.data) for attachment in attachments)
    if len(attachments) > limits.max_attachments or size > limits.max_attached_mb * _MEGABYTE:
        return ()
    if attachments:
        make_private_folder(folder)
    return tuple(_written(folder / token_hex(16), attachment) for attachment in attachments)


def _written(path: Path, attachment: Attachment) -> AttachedFile:
    data = attachment.data
    if attachment.problem is None:
        path.write_bytes(data)
    return AttachedFile(attachment.name, len(data), sha256_bytes(data), path, attachment.problem)
