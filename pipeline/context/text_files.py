"""Reads and writes text files that a person names in a command or a call."""

from pathlib import Path

from vouch.schemas.errors import SettingsError


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file. Raises `SettingsError` if it cannot be read."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}; correct its path or its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path} cannot be read: it is not UTF-8 text; convert it, or name another file"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file. Raises `SettingsError` if it cannot be written."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written: {error.strerror}; name a file in a folder that exists and "
            "that you may write to"
        ) from error
