"""What a parser is: a name, what it reads, and a function from bytes to a `Document`."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

from vouch.schemas.records import Document
from vouch.schemas.settings import ParsingSettings

DEFAULT_SETTINGS = ParsingSettings()


@dataclass(frozen=True, slots=True)
class Hint:
    """What is known of the bytes before they are read: the file's name, what `vouch.parsers.detect` found, and the settings."""

    name: str
    media_type: str
    settings: ParsingSettings = DEFAULT_SETTINGS


ParseFunction: TypeAlias = Callable[[bytes, Hint], Document]


@dataclass(frozen=True, slots=True)
class Parser:
    """One row of the registry.

    `module` holds a function `parse(data, hint) -> Document` that raises `DocumentRejected` for what it cannot read;
    it is imported at first use, so that a run loads only the libraries that its documents need. `version` is raised
    whenever the output may change; with the versions of `libraries` (distribution names) it makes the fingerprint, and
    where `by_ocr` holds, the OCR of this machine too.
    """

    name: str
    module: str
    version: int
    media_types: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    by_ocr: bool = False

    def load(self) -> ParseFunction:
        return cast(ParseFunction, importlib.import_module(self.module).parse)
