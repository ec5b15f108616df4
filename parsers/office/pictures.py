"""Read the pictures of Office files that may carry meaning: their size as shown, their text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.ocr.figures import MAX_PLACES, FigureReader, carries_meaning
from vouch.parsers.common.ocr.images import POINTS_PER_INCH, Crop, drawn, pixel_size, shown
from vouch.schemas.documents.ids import sha256_bytes

EMU_PER_POINT = 914_400 / POINTS_PER_INCH
_UNREADABLE = (50, 50)  # pixels of a picture in a format that is not read, such as EMF


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture where it is shown, in points.

    `description` is its alternative text.
    """

    part: str
    width: float
    height: float
    crop: Crop = (0.0, 0.0, 0.0, 0.0)
    description: str = ""


class OfficeFigures:
    """Reads the figures of one file. `places` says how often each part is shown."""

    def __init__(self, reader: FigureReader, places: Mapping[str, int]) -> None:
        self._reader = reader
        self._places = places

    def read(self, place: ShownPicture, data: Callable[[], bytes]) -> FigureRead:
        """Return what a picture says; `data` returns its bytes."""
        size = (place.width, place.height)
        if self._places.get(place.part, 1) > MAX_PLACES or not carries_meaning(*size, _UNREADABLE):
            return FigureRead()
        content = data()
        if not carries_meaning(*size, pixel_size(content) or _UNREADABLE):
            return FigureRead()
        return self._reader.read(
            f"{sha256_bytes(content)} {place.crop}",
            partial(drawn, content, place.width, place.crop),
            partial(shown, content, place.crop),
            place.description,
        )
