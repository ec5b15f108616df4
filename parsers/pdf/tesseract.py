"""Tesseract, where it is installed: what it is, which languages it can read, and one run of it over one image.

It runs as a process of its own that reads and writes pipes only, bounded in memory and processor time, on one thread.
"""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.subprocesses import run_bounded
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.ids import fingerprint, sha256_bytes
from vouch.schemas.records import Reason
from vouch.schemas.settings import ParsingSettings

MAX_LANGUAGES = 4  # that are taken where the settings name none: each one costs time
_MEMORY_MB = 2048
_CPU_S = 60
_NO_LANGUAGES = {"osd", "equ"}
_FOLDER = re.compile(r'"(.+)"')


@dataclass(frozen=True, slots=True)
class Engine:
    """A tesseract with the languages that are installed for it, and the folder of their data as far as it is told."""

    program: str
    version: str
    installed: tuple[str, ...]
    folder: Path | None

    def languages(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """What is read with: those wanted, else English and up to three more that are installed, by name.

        Raises `DocumentRejected` (needs_ocr) where one that is wanted is not installed.
        """
        missing = [language for language in wanted if language not in self.installed]
        if missing:
            message = (
                f"tesseract has no data for {', '.join(missing)} (parsing.ocr_languages); install it (on Debian "
                f"tesseract-ocr-{missing[0]}) or choose of {', '.join(self.installed) or 'none'}"
            )
            raise DocumentRejected(Reason.NEEDS_OCR, message)
        return wanted or tuple(
            sorted(self.installed, key=lambda name: (name != "eng", name))[:MAX_LANGUAGES]
        )


def find_engine() -> Engine | None:
    """The tesseract on the path; None where there is none, or it does not start."""
    program = shutil.which("tesseract")
    return None if program is None else _engine(program)


@functools.cache
def _engine(program: str) -> Engine | None:
    version, listed = _said(program, "--version"), _said(program, "--list-langs")
    if not version or not listed:
        return None
    folder = _FOLDER.search(listed[0])
    names = (line.strip() for line in listed[1:])
    installed = tuple(
        sorted(name for name in names if name and "/" not in name and name not in _NO_LANGUAGES)
    )
    return Engine(
        program,
        version[0].removeprefix("tesseract").strip(),
        installed,
        Path(folder[1]) if folder else None,
    )


def _said(program: str, option: str) -> list[str]:
    try:
        done = subprocess.run([program, option], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return (done.stdout or done.stderr).decode("utf-8", "replace").splitlines()


def ocr_fingerprint(settings: ParsingSettings) -> str:
    """Changes with all that a text read from an image depends on: the program, its language data, and the settings."""
    engine = find_engine() if settings.ocr == "auto" else None
    if engine is None:
        return fingerprint({"ocr": settings.ocr, "tesseract": None})
    languages = settings.ocr_languages or engine.languages(())
    read_by = {language: _data_sha256(engine.folder, language) for language in languages}
    made = {
        "ocr": settings.ocr,
        "tesseract": engine.version,
        "pages": settings.ocr_max_pages,
        "languages": read_by,
    }
    return fingerprint(made)


@functools.cache
def _data_sha256(folder: Path | None, language: str) -> str | None:
    file = folder / f"{language}.traineddata" if folder else None
    return sha256_bytes(file.read_bytes()) if file and file.is_file() else None


def read_image(engine: Engine, languages: tuple[str, ...], image: bytes, dpi: int | None) -> str:
    """What tesseract reads in an image, as its TSV; `dpi` where the image itself does not tell.

    Raises `DocumentRejected`: parser_timeout, or malformed with what tesseract says.
    """
    command = [engine.program, "stdin", "stdout", "-l", "+".join(languages)]
    command += ["--dpi", str(dpi)] if dpi else []
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    done = run_bounded(
        [*command, "tsv"], image, cpu_s=_CPU_S, memory_mb=_MEMORY_MB, environment=environment
    )
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    if done.returncode < 0:
        message = f"tesseract was stopped by signal {-done.returncode} (it may use {_CPU_S} s and {_MEMORY_MB} MB a page)"
        raise DocumentRejected(Reason.PARSER_TIMEOUT, message)
    said = one_line(done.stderr.decode("utf-8", "replace"))[:300]
    raise DocumentRejected(Reason.MALFORMED, f"tesseract cannot read the image: {said}")
