"""Bullets that are part of a text, because its format has no lists or its author used none."""

import re

from vouch.parsers.common.links import Linked, linked_from

# Bullets of symbol fonts arrive as private-use characters; a hyphen counts only before a space.
_BULLET = re.compile(r"\s*(?:[•‣⁃◦▪▫■□●○◆◇►▸➢➤✓✔❖·\uf0b7\uf0a7\uf0d8\uf0fc\uf076]|[-–*](?=\s))\s*")


def without_bullet(text: str) -> Linked | None:
    """Return the item behind a bullet with its links; None where there is no bullet."""
    bullet = _BULLET.match(text)
    return None if bullet is None else linked_from(text, bullet.end())
