"""Where a Word document shows a picture, and how large."""

import re
from collections.abc import Iterator

from vouch.parsers.common.xml.tree import Xml, attribute, child, name_of
from vouch.parsers.office.pictures import EMU_PER_POINT, ShownPicture

# The size of an old drawing, in the style of its shape.
_STYLE_SIZE = re.compile(r"(?:^|;)\s*(width|height)\s*:\s*([\d.]+)(pt|in|cm|mm)")
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4}
_PER_SHARE = 100_000  # crops are in thousandths of a percent


def shown_picture(node: Xml) -> ShownPicture | None:
    """Return the picture that a `blip` or, in old drawings, an `imagedata` shows.

    Its `part` is a relationship id. None for the fill of a shape, and where it is not in the file.
    """
    if name_of(node) == "imagedata":
        return _old(node)
    link, above = attribute(node, "embed"), list(_above(node))
    picture = next((parent for parent in above[:2] if name_of(parent) == "pic"), None)
    if not link or picture is None:
        return None
    outer = next((parent for parent in above if name_of(parent) in ("inline", "anchor")), None)
    size = child(picture, "spPr", "xfrm", "ext")
    size = child(outer, "extent") if size is None else size
    crop = child(picture, "blipFill", "srcRect")
    left, top, right, bottom = (_number(crop, side) / _PER_SHARE for side in "ltrb")
    names = [child(outer, "docPr"), child(picture, "nvPicPr", "cNvPr")]
    return ShownPicture(
        link,
        _number(size, "cx") / EMU_PER_POINT,
        _number(size, "cy") / EMU_PER_POINT,
        (left, top, right, bottom),
        next((text for name in names if (text := attribute(name, "descr"))), ""),
    )


def _old(node: Xml) -> ShownPicture | None:
    style = attribute(node.getparent(), "style") or ""
    sizes = {
        side: float(number.strip(".") or 0) * _POINTS[unit]
        for side, number, unit in _STYLE_SIZE.findall(style)
        if number.count(".") < 2
    }
    link = attribute(node, "id")
    if not link:
        return None
    return ShownPicture(link, sizes.get("width", 0.0), sizes.get("height", 0.0))


def _above(node: Xml) -> Iterator[Xml]:
    while (parent := node.getparent()) is not None:
        yield parent
        node = parent


def _number(node: Xml | None, name: str) -> float:
    try:
        return float(attribute(node, name) or 0)
    except ValueError:
        return 0.0
