"""Whether a text was decoded wrongly: mojibake and replacement characters."""

from collections.abc import Sequence

_MIN_CHARS = 20
_SHARE = 0.01  # of the characters: a text about encodings shows a few, a broken one is full of them


def garbled(texts: Sequence[str]) -> list[bool]:
    """Which texts look as if their bytes had been read in another encoding than they were written in (ftfy's measure)."""
    from ftfy.badness import badness

    return [
        len(text) >= _MIN_CHARS and badness(text) + text.count("\ufffd") > _SHARE * len(text)
        for text in texts
    ]
