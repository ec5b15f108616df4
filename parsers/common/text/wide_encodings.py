"""Detect UTF-16 and UTF-32 where no byte order mark says so."""

import re
import unicodedata
from collections import Counter

_CONTROL_BYTES = re.compile(rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f]")
_IN_A_SCRIPT = 0.9  # of the characters of a text


def unmarked_wide(data: bytes) -> str | None:
    """Detect UTF-16 or UTF-32 without a mark: by zero bytes, and by the scripts that it has."""
    sample = data[:4000]
    if len(sample) < 4 or not _CONTROL_BYTES.search(sample):
        return None
    # The share of zeros at each of the four positions of a 32-bit unit.
    zeros = [sample[place::4].count(0) * 4 / len(sample) for place in range(4)]
    if min(zeros[2], zeros[3]) > 0.8 > zeros[0]:
        return "utf-32-le"
    if min(zeros[0], zeros[1]) > 0.8 > zeros[3]:
        return "utf-32-be"
    if min(zeros[1], zeros[3]) > 0.4 > max(zeros[0], zeros[2]):
        return "utf-16-le"
    if min(zeros[0], zeros[2]) > 0.4 > max(zeros[1], zeros[3]):
        return "utf-16-be"
    # Other texts than those in UTF-16 have hardly any control characters.
    if len(_CONTROL_BYTES.findall(sample)) * 50 < len(sample):
        return None
    shares = {name: _share_of_a_script(sample, name) for name in ("utf-16-le", "utf-16-be")}
    likely = max(shares, key=lambda name: shares[name])
    return likely if shares[likely] > _IN_A_SCRIPT > min(shares.values()) else None


def _share_of_a_script(sample: bytes, encoding: str) -> float:
    """Return the share of characters that are of the most frequent script, or of ASCII."""
    text = sample[: len(sample) // 2 * 2].decode(encoding, "replace")
    scripts = Counter(map(_script, text))
    common = scripts.pop("", 0)
    rest = scripts.pop("none", 0)
    if not scripts or not common + scripts.total() + rest:
        return 0.0
    return (common + scripts.most_common(1)[0][1]) / len(text)


def _script(character: str) -> str:
    """Return what stands for the script of a character: "" for all of them, "none" for no text."""
    code = ord(character)
    if character in "\t\n\r" or 0x20 <= code < 0x7F or 0x2010 <= code < 0x2040:
        return ""
    if 0x3000 <= code < 0x3100 or 0x4E00 <= code < 0xA000 or 0xFF00 <= code < 0xFFF0:
        return "East Asian"
    name = unicodedata.name(character, "")
    return (
        name.split(" ")[0].split("-")[0] if unicodedata.category(character)[0] in "LMNP" else "none"
    )
