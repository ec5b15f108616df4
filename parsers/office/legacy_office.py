"""Old binary Word and PowerPoint files (.doc, .ppt), converted by LibreOffice where it is installed.

LibreOffice runs with a profile of its own in a temporary folder, so that two never wait for each other and no macro
setting of the user counts; what it writes is read by the parsers of the new formats.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from vouch.parsers.base import Hint
from vouch.parsers.common.ole_container import OleFileIO, has_stream, ole_metadata
from vouch.parsers.common.zip_safety import contained
from vouch.parsers.office import docx, pptx
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, Reason

TIMEOUT_S = 90.0
_PROGRAMS = ("soffice", "libreoffice")
_WORD_STREAM, _SLIDES_STREAM, _USER_STREAM = "WordDocument", "PowerPoint Document", "Current User"
# A flag of the file information block of [MS-DOC], and the token of an encrypted file of [MS-PPT].
_WORD_ENCRYPTED = 0x0100
_SLIDES_ENCRYPTED = bytes.fromhex("dfc4d1f3")


def parse(data: bytes, hint: Hint) -> Document:
    """The document as its newer format says it; raises `DocumentRejected`, needs_libreoffice where that is missing."""
    with contained("old Office"), OleFileIO(data) as container:
        is_slides = has_stream(container, _SLIDES_STREAM)
        _reject_encrypted(container)
        metadata = ole_metadata(container)
    target, parser = ("pptx", pptx.parse) if is_slides else ("docx", docx.parse)
    document = parser(_convert(_program(target), data, target), hint)
    # LibreOffice writes dates of its own into what it converts.
    return replace(document, metadata=replace(metadata, extra=document.metadata.extra))


def find_program() -> str | None:
    """Where LibreOffice is."""
    return next((found for found in map(shutil.which, _PROGRAMS) if found), None)


def _program(target: str) -> str:
    program = find_program()
    if program is None:
        message = (
            "old binary Office files are read through LibreOffice, which is not installed: install its Writer and "
            f"Impress (on Debian libreoffice-writer and libreoffice-impress), or save the file as .{target}"
        )
        raise DocumentRejected(Reason.NEEDS_LIBREOFFICE, message)
    return program


def _reject_encrypted(container: "OleFileIO[Any]") -> None:
    encrypted = False
    if has_stream(container, _WORD_STREAM):
        head = container.openstream(_WORD_STREAM).read(12)
        encrypted = bool(int.from_bytes(head[10:12], "little") & _WORD_ENCRYPTED)
    elif has_stream(container, _USER_STREAM):
        encrypted = container.openstream(_USER_STREAM).read(16)[12:16] == _SLIDES_ENCRYPTED
    if encrypted or has_stream(container, "EncryptedPackage"):
        raise DocumentRejected(
            Reason.ENCRYPTED, "the file is protected by a password; remove it and try again"
        )


def _convert(program: str, data: bytes, target: str) -> bytes:
    """`data` as a file of type `target`."""
    with tempfile.TemporaryDirectory(prefix="vouch-office-") as name:
        folder = Path(name)
        source = folder / ("source.ppt" if target == "pptx" else "source.doc")
        source.write_bytes(data)
        profile = (folder / "profile").as_uri()
        _run(
            [
                program,
                f"-env:UserInstallation={profile}",
                "--headless",
                "--norestore",
                "--convert-to",
                target,
                "--outdir",
                str(folder / "out"),
                str(source),
            ],
            folder,
        )
        converted = folder / "out" / f"source.{target}"
        if not converted.exists():
            raise DocumentRejected(
                Reason.MALFORMED, "LibreOffice could not read the file; it may be damaged"
            )
        return converted.read_bytes()


def _run(command: list[str], folder: Path) -> None:
    """Run LibreOffice and end it, with the processes it starts, after the time limit."""
    environment = {**os.environ, "HOME": str(folder)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
    ) as process:
        try:
            process.wait(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            message = f"LibreOffice was stopped after {TIMEOUT_S:g} s"
            raise DocumentRejected(Reason.PARSER_TIMEOUT, message) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
