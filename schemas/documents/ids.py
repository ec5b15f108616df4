"""Ids and fingerprints: pure functions of what they identify. A change breaks every index."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_ID_LENGTH = 32  # 128 bits: no collision is to be expected below 10^18 ids


def sha256_bytes(data: bytes) -> str:
    """Return the hex digest, 64 characters."""
    return hashlib.sha256(data).hexdigest()


def sha256_text(text: str) -> str:
    """Return the hex digest of the text in UTF-8, 64 characters."""
    return sha256_bytes(text.encode("utf-8"))


def _digest(*parts: object) -> str:
    # JSON keeps the borders between the parts, so that ("ab", "c") and ("a", "bc") differ.
    return sha256_text(json.dumps(parts, ensure_ascii=False))[:_ID_LENGTH]


def document_id(source: str, uri: str) -> str:
    """Return the id of a document, which does not depend on its content."""
    return _digest("document", source, uri)


def chunk_id(document: str, char_start: int, char_end: int, text: str) -> str:
    """Return the id of a chunk: an unchanged chunk of a changed document keeps its id."""
    return _digest("chunk", document, char_start, char_end, sha256_text(text))


def quarantine_id(document: str, stage: str, detail: str = "") -> str:
    """Return the id of a quarantine row: one per document and stage, or per chunk (`detail`)."""
    return _digest("quarantine", document, stage, detail)


def fingerprint(parts: Mapping[str, Any]) -> str:
    """Hash all that a stage's output depends on besides its input, 16 hex characters."""
    return sha256_text(json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str))[:16]
