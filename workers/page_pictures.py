"""Draw a page of a PDF as a picture, with the passage that is cited marked on it.

pdfium reads files that nobody vouches for, so each page is drawn by a process of its own, with
limits on time, memory and pixels, no environment, and nothing but the file's bytes. It limits
itself before it reads them: a child of a process with threads must not run code before it is
replaced by a program.

The process gets a line of JSON and the PDF, and answers with a line of JSON and a PNG.
"""

import io
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from vouch.parsers.common.subprocesses import bound
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

if TYPE_CHECKING:
    import pypdfium2 as pdfium
    from PIL import Image

_CPU_S = 10
_CLOCK_TIMES = 4  # the machine may be busy
_MEMORY_MB = 600
_WIDTH = 1000  # pixels; a column of text on a page of A4 is easy to read
_MAX_HEIGHT = 3000  # pixels: of a receipt, or a page that is a whole scroll
_MAX_CHARACTERS = 60_000  # of a page that are looked through for a passage, and of a passage
_MARK = (255, 226, 110)
# A run of so many words is found in the same order by chance hardly ever; a shorter one counts
# where the passage has no more.
_MIN_WORDS = 4
# Between two runs that are found: a word that the page breaks with a hyphen, a number of a note.
_MAX_GAP = 3
# Words; letters of scripts that do not part words count one by one.
_WORD = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
    "|[^\\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a picture.

    Attributes:
        png: The picture.
        width: Its width in pixels.
        height: Its height in pixels.
        pages: The number of pages of the file.
        marked: Words of the passage that are marked.
        has_text: Whether the page has text: a scanned page has none, and nothing can be marked.
    """

    png: bytes
    width: int
    height: int
    pages: int
    marked: int
    has_text: bool


def draw_page(data: bytes, page: int, passage: str = "") -> PagePicture:
    """Draw a page of a PDF, counted from 1, in a process of its own, and mark a passage on it.

    Raises `DocumentRejected` where the file has no such page, or cannot be drawn within the limits.
    """
    question = json.dumps({"page": page, "passage": passage[:_MAX_CHARACTERS]}).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", __name__],
            input=question + b"\n" + data,
            capture_output=True,
            env={},
            timeout=_CPU_S * _CLOCK_TIMES,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentRejected(
            Reason.PARSER_TIMEOUT, f"page {page} could not be drawn in time"
        ) from error
    if done.returncode:
        raise DocumentRejected(
            Reason.PARSER_CRASHED,
            f"the process that draws page {page} ended (exit code {done.returncode}): it needed "
            "too much time or memory, or the file is damaged",
        )
    head, _, png = done.stdout.partition(b"\n")
    answer = json.loads(head)
    if problem := answer.pop("problem", None):
        raise DocumentRejected(Reason.MALFORMED, problem)
    return PagePicture(png=png, **answer)


def main() -> None:
    """Draw the page that standard input asks for."""
    bound(_CPU_S, _MEMORY_MB)
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    answer, png = _drawn(data, **json.loads(head))
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + png)


def _drawn(data: bytes, page: int, passage: str) -> tuple[dict[str, Any], bytes]:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(data)
        pages = len(document)
        if not 1 <= page <= pages:
            return {"problem": f"the file has {pages} pages, and no page {page}"}, b""
        shown = document[page - 1]
        width, height = shown.get_size()
        scale = min(_WIDTH / max(width, 1.0), _MAX_HEIGHT / max(height, 1.0))
        bitmap = shown.render(scale=scale, may_draw_forms=False, rev_byteorder=True)
    except pdfium.PdfiumError as error:
        return {"problem": f"the page cannot be drawn: {error}"}, b""
    picture = bitmap.to_pil().convert("RGB")
    marked, has_text = 0, False
    if passage:
        position = bitmap.get_posconv(shown)
        text_page = shown.get_textpage()
        characters = _characters(text_page)
        has_text = bool(characters.strip())
        runs = list(places(characters, passage))
        marked = sum(len(_WORD.findall(characters[start:end])) for start, end in runs)
        picture = _marked(picture, list(_boxes(text_page, position, runs)))
    png = io.BytesIO()
    # 64 colours are enough for a page of text, and a third of the bytes.
    picture.quantize(64).save(png, "PNG", optimize=True)
    answer = {
        "width": picture.width,
        "height": picture.height,
        "pages": pages,
        "marked": marked,
        "has_text": has_text,
    }
    return answer, png.getvalue()


def _characters(text_page: "pdfium.PdfTextPage") -> str:
    """Return the text of a page, one character for each index of pdfium."""
    import pypdfium2.raw as raw

    count = min(text_page.count_chars(), _MAX_CHARACTERS)
    codes = (raw.FPDFText_GetUnicode(text_page, index) for index in range(count))
    # pdfium gives 2 to a hyphen at the end of a line.
    return "".join("\u00ad" if code in (0, 2) or code > 0x10FFFF else chr(code) for code in codes)


def places(page: str, passage: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of a page's text that are of a passage, in the order of the page.

    The passage may begin on the page before and end on the next, and be put together in another
    way than the page writes it: words with hyphens, notes, columns.
    """
    on_page = [match.span() for match in _WORD.finditer(page)]
    words = [_plain(page[start:end]) for start, end in on_page]
    cited = [_plain(word) for word in _WORD.findall(passage)]
    matcher = SequenceMatcher(None, words, cited, autojunk=False)
    enough = min(_MIN_WORDS, len(cited))
    # First word on the page, the word after the last one, that in the passage, and words in both.
    runs: list[tuple[int, int, int, int]] = []
    # The last block is empty: it marks the end.
    for first, in_passage, size in matcher.get_matching_blocks()[:-1]:
        start, end, end_in_passage, both = runs[-1] if runs else (0, -_MAX_GAP - 1, 0, 0)
        if first - end <= _MAX_GAP and in_passage - end_in_passage <= _MAX_GAP:
            runs[-1] = (start, first + size, in_passage + size, both + size)
        else:
            runs.append((first, first + size, in_passage + size, size))
    for first, end, _, both in runs:
        if both >= enough:
            yield on_page[first][0], on_page[end - 1][1]


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold()


def _boxes(
    text_page: "pdfium.PdfTextPage",
    position: "pdfium.PdfPosConv",
    runs: Sequence[tuple[int, int]],
) -> Iterator[tuple[int, int, int, int]]:
    """Yield the rectangles of spans in pixels: left, top, right, bottom."""
    for start, end in runs:
        for number in range(text_page.count_rects(start, end - start)):
            left, bottom, right, top = text_page.get_rect(number)
            # A page may be turned, so that its left is above.
            corners = (position.to_bitmap(left, bottom), position.to_bitmap(right, top))
            across, down = zip(*corners, strict=True)
            yield min(across), min(down), max(across), max(down)


def _marked(picture: "Image.Image", boxes: Sequence[tuple[int, int, int, int]]) -> "Image.Image":
    """Return the picture with rectangles as by a highlighter: what is black stays black."""
    from PIL import Image, ImageChops, ImageDraw

    layer = Image.new("RGB", picture.size, "white")
    drawing = ImageDraw.Draw(layer)
    for left, top, right, bottom in boxes:
        drawing.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=_MARK)
    return ImageChops.multiply(picture, layer)


if __name__ == "__main__":
    main()
