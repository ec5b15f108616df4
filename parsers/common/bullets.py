"""Bullets that are part of a text, because its format has no lists or its author used none."""

import re

# Bullets of symbol fonts arrive as private-use characters; a hyphen counts only before a space.
_BULLET = re.compile(r"\s*(?:[•‣⁃◦▪▫■□●○◆◇►▸➢➤✓✔❖·\uf0b7\uf0a7\uf0d8\uf0fc\uf076]|[-–*](?=\s))\s*")


def without_bullet(text: str) -> str | None:
    """Return the item behind a bullet, which may be empty; None where there is no bullet."""
    bullet = _BULLET.match(text)
    return None if bullet is None else text[bullet.end() :]
