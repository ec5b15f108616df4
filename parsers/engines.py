"""Whose parser reads a media type: ours or unstructured's, as `parsing.engines` chooses.

A source's own choice overrides that of `parsing`. `*` stands for every type that the engine reads.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from vouch.schemas.settings.choices import Engine
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.schemas.settings.sources import FilesSource, SourceSettings

Engines: TypeAlias = Mapping[str, Engine]
"""Engines by canonical media type or `*`."""

NO_CHOICE: Engines = MappingProxyType({})
ALL_TYPES = "*"

# Other names of media types, by which the settings, a file's signature or a source may call them.
_ALIASES = {
    "application/rtf": "text/rtf",
    "text/xml": "application/xml",
    "text/org": "text/x-org",
    "text/rst": "text/x-rst",
    "text/x-markdown": "text/markdown",
    "text/x-tex": "application/x-tex",
    "application/x-latex": "application/x-tex",
    "text/x-web-textile": "text/x-textile",
    "text/x-wiki": "text/x-mediawiki",
    "text/yaml": "application/yaml",
    "text/x-yaml": "application/yaml",
    "application/x-yaml": "application/yaml",
    "application/jsonl": "application/x-ndjson",
    "application/epub": "application/epub+zip",
    "application/csv": "text/csv",
    "application/x-csv": "text/csv",
    "text/x-csv": "text/csv",
    "text/comma-separated-values": "text/csv",
    "text/x-comma-separated-values": "text/csv",
    "text/tsv": "text/tab-separated-values",
    "application/x-gzip": "application/gzip",
    "application/x-bzip": "application/x-bzip2",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/vnd.ms-cab": "application/vnd.ms-cab-compressed",
    "application/vnd.ms-tnef": "application/ms-tnef",
    "application/msaccess": "application/x-msaccess",
    "application/x-sqlite3": "application/vnd.sqlite3",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
    "application/x-dosexec": "application/vnd.microsoft.portable-executable",
    "video/avi": "video/x-msvideo",
    "application/x-zip-compressed": "application/zip",
    "application/x-gtar": "application/x-tar",
    "application/x-zstd": "application/zstd",
    "application/x-pkcs7-mime": "application/pkcs7-mime",
    **{
        f"application/vnd.oasis.opendocument.{kind}-template": (
            f"application/vnd.oasis.opendocument.{kind}"
        )
        for kind in ("text", "spreadsheet", "presentation", "graphics")
    },
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/x-heic": "image/heic",
    "image/jpg": "image/jpeg",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-mpeg": "audio/mpeg",
    "audio/x-ogg": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/x-pn-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/vnd.wav": "audio/wav",
}


def canonical(media_type: str) -> str:
    """Return the name under which the registry knows a media type."""
    name = media_type.strip().lower()
    return _ALIASES.get(name, name)


def engine_of(media_type: str, engines: Engines) -> Engine:
    """Return the engine that the settings choose for a canonical media type."""
    return engines.get(media_type) or engines.get(ALL_TYPES) or Engine.VOUCH


def engines_of(parsing: ParsingSettings, source: SourceSettings) -> Engines:
    """Return the engines for the documents of a source. Rows of tables are always read by us."""
    if not isinstance(source, FilesSource):
        return NO_CHOICE
    own, general = _by_canonical_name(source.engines), _by_canonical_name(parsing.engines)
    # A source that decides about all types leaves nothing to the general choice.
    return own if ALL_TYPES in own else general | own


def _by_canonical_name(engines: Engines) -> dict[str, Engine]:
    return {canonical(name): engine for name, engine in engines.items()}
