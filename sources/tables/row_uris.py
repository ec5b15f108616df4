"""Uris of rows: `trips/2024.csv#key/vendor=1/pickup=2024-01-05`, so that different keys never share one."""

from collections.abc import Sequence
from urllib.parse import quote


def row_uri(file: str, names: Sequence[str], values: Sequence[str]) -> str:
    """Of the row whose key has these values; `file` is empty for what a database answers."""
    return f"{file}#key/{_told(names, values)}"


def doubled_uri(uri: str, number: int) -> str:
    """Of the `number`-th row, from 1, that has the same key: never the uri of a row that its key tells."""
    file, _, key = uri.rpartition("#key/")
    return f"{file}#doubled/{number}/{key}"


def keyless_uri(file: str, sha256: str, number: int) -> str:
    """Of a row without a key: by the hash of its content; `number` counts rows with the same content from 1."""
    return f"{file}#no-key/{sha256[:32]}/{number}"


def _told(names: Sequence[str], values: Sequence[str]) -> str:
    return "/".join(
        f"{_encoded(name)}={_encoded(value)}" for name, value in zip(names, values, strict=True)
    )


def _encoded(text: str) -> str:
    return quote(text, safe="", encoding="utf-8", errors="surrogatepass")
