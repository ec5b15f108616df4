"""The vectors in a service's answer, which is not trusted."""

import base64
import binascii
import json
from collections.abc import Sequence

import numpy as np

from vouch.embedders.base import Vectors
from vouch.embedders.service.failures import Failure, RequestFailed, plain

_MAX_TOKENS_PER_BYTE = 8  # that a service may say it has counted; more is no count
_HEADROOM = 1 << 16  # bytes of an answer besides its vectors
_BYTES_OF_FLOAT = 32


def most_bytes(inputs: int, dimension: int) -> int:
    """Return how large an answer may be."""
    return _HEADROOM + inputs * (dimension * _BYTES_OF_FLOAT + 1000)


def read_answer(content: bytes, texts: Sequence[str], dimension: int) -> tuple[Vectors, int | None]:
    """Return unit vectors in the order of `texts`, and the tokens that the service has counted.

    Raises `RequestFailed` for anything else than one sound vector for each text.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        if content.lstrip()[:1] == b"<":
            raise RequestFailed(
                Failure.FINAL,
                f"it answers with a page: {plain(content[:200].decode('utf-8', 'replace'))}",
                "correct embedding.service.url, which ends before /embeddings",
            ) from None
        raise RequestFailed(Failure.ERROR, "its answer is not whole JSON") from None
    rows = body.get("data") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RequestFailed(Failure.FINAL, "its answer has no list of vectors (data)")
    if len(rows) != len(texts):
        raise RequestFailed(
            Failure.FINAL, f"it gives {len(rows):,} vectors for {len(texts):,} texts"
        )
    vectors = np.empty((len(texts), dimension), np.float32)
    for row, index in zip(rows, _indices(rows), strict=True):
        vector = _vector(row.get("embedding"))
        if vector.shape != (dimension,):
            raise RequestFailed(
                Failure.FINAL,
                f"its vectors have {len(vector):,} values, but embedding.dimensions is "
                f"{dimension:,}",
                "correct embedding.dimensions",
            )
        vectors[index] = vector
    return _normalised(vectors), _tokens(body.get("usage"), texts)


def _indices(rows: Sequence[dict[str, object]]) -> Sequence[int]:
    """Return the place of each row; services that name none keep the order."""
    indices = [row.get("index") for row in rows]
    if indices and all(index is None for index in indices):
        return range(len(rows))
    places = [index for index in indices if isinstance(index, int)]
    if sorted(places) != list(range(len(rows))):
        raise RequestFailed(
            Failure.FINAL, "its vectors are not numbered from 0 on (index), each number once"
        )
    return places


def _vector(value: object) -> Vectors:
    try:
        with np.errstate(over="ignore"):  # becomes infinite, which is refused
            if isinstance(value, str):
                return np.frombuffer(base64.b64decode(value, validate=True), "<f4")
            return np.asarray(value, np.float32).reshape(-1)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise RequestFailed(
            Failure.FINAL, "its vectors (embedding) are neither numbers nor base64"
        ) from None


def _normalised(vectors: Vectors) -> Vectors:
    """Return unit vectors. Raises `RequestFailed` where one is zero or has a value that is no
    number: a text may be the reason.
    """
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise RequestFailed(
            Failure.TEXTS, "it gives a vector that is zero or has values that are no numbers"
        )
    unit: Vectors = (vectors / lengths).astype(np.float32)
    return unit


def _tokens(usage: object, texts: Sequence[str]) -> int | None:
    counts = usage if isinstance(usage, dict) else {}
    tokens = counts.get("total_tokens", counts.get("prompt_tokens"))
    most = _MAX_TOKENS_PER_BYTE * (sum(len(text.encode()) for text in texts) + 16 * len(texts))
    return tokens if type(tokens) is int and 0 <= tokens <= most else None
