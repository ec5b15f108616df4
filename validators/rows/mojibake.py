"""Detect texts that were decoded with the wrong encoding: mojibake, replacement characters."""

from collections.abc import Sequence

_MIN_CHARS = 20
_SHARE = 0.01  # of the characters: a text about encodings shows a few, a broken one many


def garbled(texts: Sequence[str]) -> list[bool]:
    """Return for each text whether it looks decoded with the wrong encoding (ftfy's measure)."""
    from ftfy.badness import badness

    return [
        len(text) >= _MIN_CHARS and badness(text) + text.count("\ufffd") > _SHARE * len(text)
        for text in texts
    ]
