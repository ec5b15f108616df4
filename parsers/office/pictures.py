"""Read the pictures of Office files that may carry meaning: their size as shown, their text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from vouch.parsers.common.ocr.figures import MAX_PLACES, FigureReader, carries_meaning
from vouch.parsers.common.ocr.images import POINTS_PER_INCH, drawn, pixel_size

EMU_PER_POINT = 914_400 / POINTS_PER_INCH
_UNREADABLE = (50, 50)  # pixels of a picture in a format that is not read, such as EMF


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture where it is shown, in points.

    `crop` are the shares of its left, top, right and bottom that are not shown; `description` is
    its alternative text.
    """

    part: str
    width: float
    height: float
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    description: str = ""


class OfficeFigures:
    """Reads the figures of one file. `places` says how often each part is shown."""

    def __init__(self, reader: FigureReader, places: Mapping[str, int]) -> None:
        self._reader = reader
        self._places = places

    def text(self, shown: ShownPicture, data: Callable[[], bytes]) -> str:
        """Return the text of a picture, "" where it has none; `data` returns its bytes."""
        size = (shown.width, shown.height)
        if self._places.get(shown.part, 1) > MAX_PLACES or not carries_meaning(*size, _UNREADABLE):
            return ""
        content = data()
        if not carries_meaning(*size, pixel_size(content) or _UNREADABLE):
            return ""
        draw = partial(drawn, content, shown.width, shown.crop)
        return self._reader.text(shown.part, draw, shown.description)
