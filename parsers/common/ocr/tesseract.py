"""Run tesseract where it is installed: its version, its languages, and one image at a time.

It runs as a separate process on pipes, on one thread, bounded in memory and processor time.
"""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vouch.parsers.common.subprocesses import run_bounded
from vouch.parsers.common.text.clean import one_line
from vouch.schemas.documents.ids import fingerprint, sha256_bytes
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings

MAX_LANGUAGES = 4  # used where the settings name none: each one adds to the time of a page
_MEMORY_MB = 2048
CPU_S = 60  # of processor time an image may take
# Script detection and formulas: installed like languages, but nothing is read with them.
_NO_LANGUAGES = {"osd", "equ"}
_FOLDER = re.compile(r'"(.+)"')


@dataclass(frozen=True, slots=True)
class Engine:
    """An installed tesseract with its languages, and the folder of their data if it reports it."""

    program: str
    version: str
    installed: tuple[str, ...]
    folder: Path | None

    def languages(self, requested: tuple[str, ...]) -> tuple[str, ...]:
        """Return the languages to read with.

        Without `requested` ones these are English and up to three more of those installed, by
        name. Raises `DocumentRejected` (needs_ocr) where a requested one is not installed.
        """
        missing = [language for language in requested if language not in self.installed]
        if missing:
            message = (
                f"tesseract has no data for {', '.join(missing)} (parsing.ocr_languages); install "
                f"it (on Debian tesseract-ocr-{missing[0]}) or choose of "
                f"{', '.join(self.installed) or 'none'}"
            )
            raise DocumentRejected(Reason.NEEDS_OCR, message)
        by_preference = sorted(self.installed, key=lambda name: (name != "eng", name))
        return requested or tuple(by_preference[:MAX_LANGUAGES])


def find_engine() -> Engine | None:
    """Return the tesseract on the path; None where there is none, or it does not start."""
    program = shutil.which("tesseract")
    return None if program is None else _engine(program)


@functools.cache
def _engine(program: str) -> Engine | None:
    version, listing = _output(program, "--version"), _output(program, "--list-langs")
    if not version or not listing:
        return None
    folder = _FOLDER.search(listing[0])
    names = (line.strip() for line in listing[1:])
    installed = sorted(
        name for name in names if name and "/" not in name and name not in _NO_LANGUAGES
    )
    return Engine(
        program,
        version[0].removeprefix("tesseract").strip(),
        tuple(installed),
        Path(folder[1]) if folder else None,
    )


def _output(program: str, option: str) -> list[str]:
    """Return the lines that tesseract prints; some versions print them to stderr."""
    try:
        process = subprocess.run([program, option], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return (process.stdout or process.stderr).decode("utf-8", "replace").splitlines()


def ocr_fingerprint(settings: ParsingSettings) -> str:
    """Return a hash of all that OCR output depends on: program, language data and settings."""
    engine = find_engine() if settings.ocr == "auto" else None
    if engine is None:
        return fingerprint({"ocr": settings.ocr, "tesseract": None})
    languages = settings.ocr_languages or engine.languages(())
    return fingerprint(
        {
            "ocr": settings.ocr,
            "tesseract": engine.version,
            "pages": settings.ocr_max_pages,
            "languages": {
                language: _data_sha256(engine.folder, language) for language in languages
            },
        }
    )


@functools.cache
def _data_sha256(folder: Path | None, language: str) -> str | None:
    file = folder / f"{language}.traineddata" if folder else None
    return sha256_bytes(file.read_bytes()) if file and file.is_file() else None


def read_image(
    engine: Engine,
    languages: tuple[str, ...],
    image: bytes,
    dpi: int | None,
    cpu_s: int = CPU_S,
) -> str:
    """Return what tesseract reads in an image, as TSV; pass `dpi` where the image lacks it.

    Raises `DocumentRejected`: parser_timeout, or malformed with tesseract's own message.
    """
    command = [engine.program, "stdin", "stdout", "-l", "+".join(languages)]
    command += ["--dpi", str(dpi)] if dpi else []
    # Parser workers already use all cores; tesseract's own threads would only compete with them.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    process = run_bounded(
        [*command, "tsv"], image, cpu_s=cpu_s, memory_mb=_MEMORY_MB, environment=environment
    )
    if process.returncode == 0:
        return process.stdout.decode("utf-8", "replace")
    if process.returncode < 0:
        message = (
            f"tesseract was stopped by signal {-process.returncode} "
            f"(it may use {cpu_s} s and {_MEMORY_MB} MB a page)"
        )
        raise DocumentRejected(Reason.PARSER_TIMEOUT, message)
    error = one_line(process.stderr.decode("utf-8", "replace"))[:300]
    raise DocumentRejected(Reason.MALFORMED, f"tesseract cannot read the image: {error}")
