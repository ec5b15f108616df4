"""Makes a `Location` of what the settings, or a caller, name."""

from collections.abc import Mapping
from pathlib import Path

from vouch.storage.local import LocalLocation
from vouch.storage.location import Location
from vouch.storage.object_store import SCHEMES, ObjectLocation


def location_of(
    place: str | Path | Location,
    options: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Location:
    """Return the location that a path or URL names.

    Args:
        place: A path, or a URL that begins with s3://, gs:// or az://; a location is returned as
            it is.
        options: Storage options of an object store.
        folder: What a relative path counts from; by default the current folder.

    Raises:
        StorageError: The options of an object store are wrong.
    """
    if isinstance(place, Location):
        return place
    text = str(place)
    if is_object_store(text):
        return ObjectLocation.of(text, options or {})
    path = Path(text).expanduser()
    return LocalLocation((folder or Path.cwd()).absolute() / path)


def is_object_store(place: str) -> bool:
    """Return whether a path in the settings names an object store."""
    return place.partition("://")[0].lower() in SCHEMES and "://" in place
