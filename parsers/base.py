"""What a parser is: a name, the media types it reads, and a function from bytes to a `Document`."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

from vouch.schemas.documents.records import Document
from vouch.schemas.settings.parsing import ParsingSettings

DEFAULT_SETTINGS = ParsingSettings()


@dataclass(frozen=True, slots=True)
class Hint:
    """What a parser knows in addition to the bytes: file name, media type and settings.

    `is_attached` says that the file is part of another document, `keeps_pictures` that its figures
    are to be returned as pictures too.
    """

    name: str
    media_type: str
    settings: ParsingSettings = DEFAULT_SETTINGS
    is_attached: bool = False
    keeps_pictures: bool = False


ParseFunction: TypeAlias = Callable[[bytes, Hint], Document]


@dataclass(frozen=True, slots=True)
class Parser:
    """A row of the registry.

    `module` has a function `parse(data, hint) -> Document` that raises `DocumentRejected` for what
    it cannot read. It is imported at first use, so that a run loads only the libraries that its
    documents need. Raise `version` whenever the output may change: with the versions of `libraries`
    (distribution names), of those `optional_libraries` that are installed and, where `by_ocr`,
    `by_garbled_text` or `by_figures` is set, this machine's OCR or the settings of that name it
    makes the fingerprint.
    """

    name: str
    module: str
    version: int
    media_types: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    by_ocr: bool = False
    optional_libraries: tuple[str, ...] = ()
    by_garbled_text: bool = False
    by_figures: bool = False

    def load(self) -> ParseFunction:
        """Import the module and return its `parse` function."""
        return cast(ParseFunction, importlib.import_module(self.module).parse)
