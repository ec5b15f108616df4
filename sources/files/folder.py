"""Resolves a path in the settings to a folder of a file system, or of a bucket."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from vouch.schemas.errors import (
    SettingsError,
    SourceRefused,
    SourceUnavailable,
    StorageError,
    StorageRefused,
    in_words,
)
from vouch.schemas.process.environment import interpolate, mask_secrets, mask_urls
from vouch.schemas.settings.sources import FilesSource
from vouch.sources.files.bucket import Bucket
from vouch.sources.files.bucket_options import bucket_options
from vouch.sources.files.http_redirects import client_options, redirect_problem
from vouch.storage.object_store import ObjectLocation
from vouch.storage.places import is_object_store

_MAX_MESSAGE = 300  # characters
_GLOB_CHARACTERS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class SourceFolder:
    """A folder `root` of a file system, and the pattern of files below it (None: all files)."""

    filesystem: fsspec.AbstractFileSystem
    root: str
    pattern: str | None

    @property
    def is_local(self) -> bool:
        return isinstance(self.filesystem, LocalFileSystem)

    @property
    def is_http(self) -> bool:
        return "http" in self.filesystem.protocol

    def path_of(self, uri: str) -> str:
        """Return the path of a file below the root, as the file system expects it."""
        path = f"{self.root}/{uri}"
        return path if self.is_local else path.lstrip("/")

    def open(self, uri: str) -> IO[bytes]:
        """Open a file to be read in parts. Raises whatever the file system's library does."""
        return cast(IO[bytes], self.filesystem.open(self.path_of(uri), "rb"))


Place: TypeAlias = SourceFolder | Bucket
"""Where the files of a source are; their uris are paths below it."""


def locate(source: FilesSource, folder: Path) -> Place:
    """Resolve the path of a source; a relative one is resolved against `folder`.

    Raises `SourceRefused` where the path names no file system, or a folder that does not exist, and
    `SourceUnavailable` where the file system does not say. Whether there is anything in a folder of
    a bucket shows when it is listed.
    """
    try:
        options: dict[str, Any] = {
            name: interpolate(value)[0] if isinstance(value, str) else value
            for name, value in source.storage_options.items()
        }
        if is_object_store(source.path):
            return _bucket(source, options)
        url = _absolute(source.path, folder)
        if url.startswith(("http://", "https://")):
            options["client_kwargs"] = client_options()
        filesystem, path = fsspec.core.url_to_fs(url, **options)
        root, pattern = _split(filesystem, path.rstrip("/"))
    except (ValueError, ImportError, OSError, SettingsError, StorageRefused) as error:
        raise SourceRefused(
            f"source {source.name}: {source.place} cannot be opened "
            f"({mask_urls(mask_secrets(str(error)))}); "
            "correct its path or its storage_options"
        ) from None  # it may contain a secret, and Prefect logs causes
    except StorageError as error:
        raise SourceUnavailable(f"source {source.name}: {error}") from None
    try:
        is_folder = filesystem.isdir(root) or (root == "" and filesystem.exists(root))
    except Exception as error:  # noqa: BLE001 - each storage has its own classes of errors
        raise SourceUnavailable(
            f"source {source.name}: {source.place} cannot be reached this time: {described(error)}"
        ) from None
    if not is_folder:
        raise absent(source)
    return SourceFolder(filesystem, root, pattern)


def check(source: FilesSource, folder: Path) -> None:
    """Raise what `locate` does, also where there is nothing in a folder of a bucket."""
    place = locate(source, folder)
    if not isinstance(place, Bucket):
        return
    try:
        is_empty = place.is_empty()
    except StorageRefused as error:
        raise SourceRefused(f"source {source.name}: {error}") from None
    except StorageError as error:
        raise SourceUnavailable(f"source {source.name}: {error}") from None
    if is_empty:
        raise absent(source)


def absent(source: FilesSource) -> SourceRefused:
    """Return the error of a folder that does not exist."""
    return SourceRefused(
        f"source {source.name}: there is no folder {source.place}; correct its path in vouch.yaml"
    )


def described(error: Exception) -> str:
    """Return what an error of a storage says, in a few words without secrets."""
    text = redirect_problem(error)
    if not text:
        message = " ".join(str(error).split())
        text = message if message and isinstance(error, OSError | StorageError) else in_words(error)
    return mask_urls(mask_secrets(text))[:_MAX_MESSAGE]


def _absolute(path: str, folder: Path) -> str:
    """Make a local path absolute; a local zip file becomes the folder that it contains."""
    if "://" in path or "::" in path:
        return path
    absolute = folder / Path(path).expanduser()
    is_zip = absolute.suffix.lower() == ".zip" and absolute.is_file()
    return f"zip://::{absolute}" if is_zip else str(absolute)


def _bucket(source: FilesSource, options: dict[str, Any]) -> Bucket:
    scheme, _, path = source.path.partition("://")
    name, _, path = path.rstrip("/").partition("/")
    scheme = scheme.lower()
    bucket = ObjectLocation.of(f"{scheme}://{name}", bucket_options(scheme, options))
    root, pattern = _at_glob(path)
    if pattern is None and path:
        try:
            # Some stores keep folders as objects without content.
            is_object = (bucket / path).stat().size > 0
        except FileNotFoundError:
            is_object = False
        if is_object:
            root, _, file = path.rpartition("/")
            pattern = f"/{file}"
    return Bucket(bucket / root if root else bucket, pattern)


def _split(filesystem: fsspec.AbstractFileSystem, path: str) -> tuple[str, str | None]:
    """Split a path into the folder to walk and the pattern below it.

    The pattern is a glob, or the name of a single file.
    """
    top = "/" if path.startswith("/") else ""
    root, pattern = _at_glob(path)
    if pattern is not None:
        return root or top, pattern
    # Over HTTP every folder is a page, which is a file too; a page without links may be an error.
    if path and "http" not in filesystem.protocol and filesystem.isfile(path):
        folder, _, name = path.rpartition("/")
        return folder or top, "/" + name
    return path, None


def _at_glob(path: str) -> tuple[str, str | None]:
    """Split a path before its first part with a wildcard; the second is None without one."""
    # Not by pathlib, which would make one of the two slashes of a URL.
    parts = path.split("/")
    for index, part in enumerate(parts):
        if _GLOB_CHARACTERS & set(part):
            return "/".join(parts[:index]), "/" + "/".join(parts[index:])
    return path, None
