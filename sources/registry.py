"""Opens a source by its settings."""

from pathlib import Path

from schemas.settings import FilesSource
from sources.base import Source
from sources.files import Files


def open_source(settings: FilesSource, folder: Path) -> Source:
    """The source that `settings` describes; relative paths count from `folder`, where vouch.yaml lies."""
    return Files(settings, folder)
