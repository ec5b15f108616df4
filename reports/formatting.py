"""Format numbers, durations and texts of documents for people."""

import re

# Characters that change the direction of the text after them, or are invisible. They are shown by
# their code, so that none can deceive a reader. Lone surrogates could not be written at all.
_DECEPTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u2069\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_MAX_CHARS = 300


def plain(text: object) -> str:
    """Return a document's text as it can safely be shown.

    Invisible characters and those that change direction are shown by their code, and very long
    texts are cut.
    """
    shown = _DECEPTIVE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", str(text))
    return shown if len(shown) <= _MAX_CHARS else f"{shown[:_MAX_CHARS]}…"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `3 chunks`, `1 chunk`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """Return a duration as `0.4 s`, `12 s` or `3 min 20 s`; None is a run that has not ended."""
    if seconds is None:
        return "not ended"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def byte_size(count: float) -> str:
    """Return a number of bytes as `1.2 GB`, `34 MB` or `0.5 MB`."""
    for unit, bytes_ in (("TB", 1e12), ("GB", 1e9)):
        if count >= bytes_:
            return f"{count / bytes_:,.1f} {unit}"
    return f"{count / 1e6:,.0f} MB" if count >= 1e7 else f"{count / 1e6:.1f} MB"


def percent(part: float, whole: float) -> str:
    """Return a share as a CSS percentage, for the width of a bar."""
    return f"{100 * part / whole:.2f}%" if whole else "0%"


def number(value: float) -> str:
    """Return a whole number with separators, any other with three digits after the point."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.3f}"


def can_be_copied(text: str) -> bool:
    """Return whether a command with this name means the same after it was shown and copied."""
    return text.isprintable() and plain(text) == text and not text.startswith("-")


def figure(value: float, name: str) -> str:
    """Return a figure of a run's metrics, formatted by what its name says it is."""
    name = name.split(": ")[-1]
    if name == "seconds":
        return duration(value)
    if name in ("documents", "chunks", "golden breaches") or name.startswith("median"):
        return f"{value:,.0f}"
    is_score = name.startswith("golden ") and not name.startswith("golden leak")
    return f"{value:.3f}" if is_score else f"{value:.1%}"
