"""From a path in the settings to a file system, a root and a pattern below it."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import fsspec
from fsspec.implementations.local import LocalFileSystem

from vouch.schemas.environment import fill, hide
from vouch.schemas.errors import SettingsError, SourceRefused
from vouch.schemas.settings import FilesSource

_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Location:
    """`root` is a folder of `filesystem`; `pattern` says which files below it are meant (None: all)."""

    filesystem: fsspec.AbstractFileSystem
    root: str
    pattern: str | None

    @property
    def is_local(self) -> bool:
        return isinstance(self.filesystem, LocalFileSystem)


def locate(source: FilesSource, folder: Path) -> Location:
    """Raises `SourceRefused` where the path names no file system, or does not exist."""
    url = _absolute(source.path, folder)
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **_options(source))
        root, pattern = _split(filesystem, path.rstrip("/"))
    except (ValueError, ImportError, OSError, SettingsError) as error:
        told = f"{source.path} cannot be opened ({hide(str(error))}); correct its path or its storage_options"
        raise SourceRefused(f"source {source.name}: {told}") from error
    if not (filesystem.isdir(root) or (root == "" and filesystem.exists(root))):
        raise SourceRefused(
            f"source {source.name}: there is no folder {source.path}; correct its path in vouch.yaml"
        )
    return Location(filesystem, root, pattern)


def _options(source: FilesSource) -> dict[str, str | int | bool]:
    """With its secrets. Raises `SettingsError`."""
    options = source.storage_options.items()
    return {name: fill(value)[0] if isinstance(value, str) else value for name, value in options}


def _absolute(path: str, folder: Path) -> str:
    """Local paths made absolute; a local zip file opened as the folder that it holds."""
    if "://" in path or "::" in path:
        return path
    absolute = folder / Path(path).expanduser()
    return (
        f"zip://::{absolute}"
        if absolute.suffix.lower() == ".zip" and absolute.is_file()
        else str(absolute)
    )


def _split(filesystem: fsspec.AbstractFileSystem, path: str) -> tuple[str, str | None]:
    """The folder to walk, and the pattern below it: a glob or a single file's name."""
    parts = PurePosixPath(path).parts
    plain = next((n for n, part in enumerate(parts) if _MAGIC & set(part)), len(parts))
    if plain < len(parts):
        return str(PurePosixPath(*parts[:plain])) if plain else "", "/" + "/".join(parts[plain:])
    if path and filesystem.isfile(path):
        file = PurePosixPath(path)
        return str(file.parent), "/" + file.name
    return path, None
