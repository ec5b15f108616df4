"""Reads and writes text files that a person names in a command or a call."""

import os
import select
from pathlib import Path

from vouch.schemas.errors import SettingsError, StorageError
from vouch.storage.location import Location

_MAX_MB = 512.0
_MAX_NAME = 300  # characters of a message
_WAIT_S = 30.0  # for the next bytes of a pipe


def read_text(place: Path | Location, max_mb: float = _MAX_MB) -> str:
    """Return the text of a UTF-8 file. Raises `SettingsError` if it cannot be read.

    A pipe that nobody writes to is empty, and one without end has more than `max_mb`.
    """
    limit = int(max_mb * 1_000_000)
    try:
        if isinstance(place, Location) and not place.is_local:
            content = _read_object(place, limit)
        else:
            content = _read_bytes(Path(str(place)), limit)
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{_shown(place)} cannot be read: it is not UTF-8 text; convert it, or name another "
            "file"
        ) from error
    except StorageError as error:
        raise SettingsError(str(error)) from error
    except (OSError, ValueError) as error:  # the second one for a name with NUL
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise SettingsError(
            f"{_shown(place)} cannot be read: {reason}; correct its path or its permissions"
        ) from error


def _read_object(place: Location, limit: int) -> bytes:
    try:
        if place.stat().size > limit:
            raise _too_large(limit)
        return place.read_bytes()
    except FileNotFoundError:  # the library's message is a page long
        raise FileNotFoundError(None, "there is no such object") from None


def _read_bytes(path: Path, limit: int) -> bytes:
    """Return a file's bytes. Raises `OSError` beyond the limit, and where a pipe gives nothing."""
    # Without waiting: to open a pipe that nobody writes to would never return.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        content = bytearray()
        while True:
            try:
                part = os.read(descriptor, 1 << 20)
            except BlockingIOError:
                if not select.select([file], [], [], _WAIT_S)[0]:
                    raise TimeoutError(None, f"nothing came for {_WAIT_S:g} seconds") from None
                continue
            if not part:
                return bytes(content)
            content += part
            if len(content) > limit:
                raise _too_large(limit)


def _too_large(limit: int) -> OSError:
    return OSError(None, f"it has more than {limit / 1_000_000:g} MB")


def _shown(place: Path | Location) -> str:
    return str(place)[:_MAX_NAME]


def write_text(place: Path | Location, text: str) -> None:
    """Write a UTF-8 file. Raises `SettingsError` if it cannot be written."""
    try:
        if isinstance(place, Location) and not place.is_local:
            place.write_text(text)
        else:
            Path(str(place)).write_text(text, "utf-8")
    except StorageError as error:
        raise SettingsError(str(error)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"{_shown(place)} cannot be written: {reason}; name a file in a folder that exists and "
            "that you may write to"
        ) from error
