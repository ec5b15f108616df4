"""Parse binary Word and PowerPoint files (.doc, .ppt), converted by LibreOffice if installed.

LibreOffice runs with a profile in a temporary folder, so that two runs never wait for each other's
lock and no macro setting of the user applies. The parsers of the new formats read its output.
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
from vouch.parsers.office.slides import parser as pptx
from vouch.parsers.office.word import parser as docx
from vouch.schemas.documents.records import Document, Reason
from vouch.schemas.errors import DocumentRejected

TIMEOUT_S = 90.0
_PROGRAMS = ("soffice", "libreoffice")
_WORD_STREAM, _SLIDES_STREAM, _USER_STREAM = "WordDocument", "PowerPoint Document", "Current User"
# fEncrypted of the file information block ([MS-DOC] 2.5.2), and headerToken of the Current User
# stream of an encrypted file ([MS-PPT] 2.3.2).
_WORD_ENCRYPTED = 0x0100
_SLIDES_ENCRYPTED = bytes.fromhex("dfc4d1f3")


def parse(data: bytes, hint: Hint) -> Document:
    """Return the document as its newer format reads.

    Raises `DocumentRejected`: needs_libreoffice where it is not installed, encrypted, malformed or
    parser_timeout.
    """
    with contained("old Office"), OleFileIO(data) as container:
        is_slides = has_stream(container, _SLIDES_STREAM)
        _reject_encrypted(container)
        metadata = ole_metadata(container)
    target, parser = ("pptx", pptx.parse) if is_slides else ("docx", docx.parse)
    program = find_program()
    if program is None:
        message = (
            "old binary Office files are read through LibreOffice, which is not installed; install "
            "its Writer and Impress (on Debian libreoffice-writer and libreoffice-impress), or "
            f"save the file as .{target}"
        )
        raise DocumentRejected(Reason.NEEDS_LIBREOFFICE, message)
    document = parser(_convert(program, data, target), hint)
    # LibreOffice writes the time of the conversion into its output: the file's own dates count.
    return replace(document, metadata=replace(metadata, extra=document.metadata.extra))


def find_program() -> str | None:
    """Return the path of LibreOffice, or None where it is not installed."""
    return next((path for path in map(shutil.which, _PROGRAMS) if path), None)


def _reject_encrypted(container: "OleFileIO[Any]") -> None:
    is_encrypted = False
    if has_stream(container, _WORD_STREAM):
        head = container.openstream(_WORD_STREAM).read(12)
        is_encrypted = bool(int.from_bytes(head[10:12], "little") & _WORD_ENCRYPTED)
    elif has_stream(container, _USER_STREAM):
        is_encrypted = container.openstream(_USER_STREAM).read(16)[12:16] == _SLIDES_ENCRYPTED
    if is_encrypted or has_stream(container, "EncryptedPackage"):
        raise DocumentRejected(
            Reason.ENCRYPTED, "the file is protected by a password; remove it and try again"
        )


def _convert(program: str, data: bytes, target: str) -> bytes:
    """Return the file converted to the format `target`."""
    with tempfile.TemporaryDirectory(prefix="vouch-office-") as name:
        folder = Path(name)
        source = folder / ("source.ppt" if target == "pptx" else "source.doc")
        source.write_bytes(data)
        profile = (folder / "profile").as_uri()
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--norestore"]
        command += ["--convert-to", target, "--outdir", str(folder / "out"), str(source)]
        _run(command, folder)
        # LibreOffice exits with 0 also where it could not convert: only its output counts.
        converted = folder / "out" / f"source.{target}"
        if not converted.exists():
            raise DocumentRejected(
                Reason.MALFORMED, "LibreOffice could not read the file; it may be damaged"
            )
        return converted.read_bytes()


def _run(command: list[str], folder: Path) -> None:
    """Run LibreOffice, and kill it and the processes it starts after the time limit."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,  # a process group to kill: soffice is a script around the program
    ) as process:
        try:
            process.wait(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            message = f"LibreOffice was stopped after {TIMEOUT_S:g} s"
            raise DocumentRejected(Reason.PARSER_TIMEOUT, message) from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
