"""Pages of PDFs as pictures: what is marked on them, and what a file cannot do."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from tests.parsers.pdf.pdf_writer import column, pdf
from vouch.schemas.errors import DocumentRejected
from vouch.workers.page_pictures import PagePicture, draw_page, places

LINES = [
    "The tenant pays the rent on the first day of the month.",
    "The landlord keeps the house in good repair at all times.",
]
WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=6), max_size=40)


def file_of(*pages: list[str], size: str = "0 0 595 842", rotate: int = 0) -> bytes:
    texts = [column(72, 700, lines) for lines in pages]
    return pdf(texts, rotate=rotate).replace(b"0 0 595 842", size.encode())


def highlighted(picture: PagePicture) -> list[int]:
    """Return the lines of pixels that have the colour of the mark, as a highlighter leaves it."""
    image = Image.open(io.BytesIO(picture.png)).convert("RGB")
    return [
        y
        for y in range(image.height)
        if any(
            red > 200 and green > 180 and blue < 160
            for red, green, blue in image.crop((0, y, image.width, y + 1)).get_flattened_data()
        )
    ]


def test_the_cited_line_is_marked_and_no_other():
    drawn = draw_page(file_of(LINES), 1, LINES[1])
    assert (drawn.marked, drawn.has_text, drawn.pages) == (11, True, 1)
    rows = highlighted(drawn)
    assert rows
    both = highlighted(draw_page(file_of(LINES), 1, " ".join(LINES)))
    assert min(rows) > min(both)
    assert max(rows) == max(both)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_on_a_turned_page_the_mark_is_where_the_text_is(turned: int):
    data = file_of(LINES, rotate=turned)
    plain, marked = (
        Image.open(io.BytesIO(draw_page(data, 1, passage).png)).convert("L")
        for passage in ("", LINES[1])
    )
    ink = plain.point(lambda value: 255 if value < 128 else 0).getbbox()
    changed = ImageChops.difference(plain, marked).getbbox()
    assert ink
    assert changed
    assert all(abs(a - b) < 40 for a, b in zip(ink, changed, strict=True))


def test_a_passage_that_is_not_on_the_page_marks_nothing():
    drawn = draw_page(file_of(LINES), 1, "Words of another document altogether.")
    assert (drawn.marked, drawn.has_text) == (0, True)
    assert highlighted(drawn) == []


def test_a_page_without_text_says_so():
    drawn = draw_page(file_of([]), 1, LINES[0])
    assert (drawn.marked, drawn.has_text) == (0, False)


def test_a_passage_over_two_pages_is_marked_on_both():
    data = file_of([LINES[0]], [LINES[1]])
    assert [draw_page(data, page, " ".join(LINES)).marked for page in (1, 2)] == [12, 11]


@pytest.mark.parametrize(
    ("page", "passage", "marked"),
    [
        # A page breaks words with hyphens, the canonical text does not.
        ("so it is in the infor\u00ad\r\nmation of the year", "it is in the information of the year", 1),
        ("Page 4\r\none two three four five", "one two three four five", 1),
        ("one two three four\r\nfooter 7\r\nfive six seven eight", "one two three four five six "
         "seven eight", 1),
        ("日本語の文書は長い", "の文書は長", 1),
        ("yes", "yes", 1),
        ("the a of in", "nothing at all", 0),
        ("ﬁrst ﬁne ﬁgure ﬁle", "first fine figure file", 1),
    ],
)  # fmt: skip
def test_places_of_passages(page: str, passage: str, marked: int):
    assert len(list(places(page, passage))) == marked


@given(before=WORDS, passage=WORDS.filter(bool), after=WORDS)
def test_a_passage_of_the_page_is_always_found_whole(
    before: list[str], passage: list[str], after: list[str]
):
    text = " ".join(passage)
    page = " ".join([*before, text, *after])
    spans = list(places(page, text))
    assert spans
    assert sum(end - start for start, end in spans) >= len(text)
    assert spans == sorted(spans)


@pytest.mark.parametrize(
    ("data", "page"),
    [
        (b"", 1),
        (b"%PDF-1.7 and nothing else", 1),
        (b"<html>no PDF</html>", 1),
        (file_of(LINES), 0),
        (file_of(LINES), 2),
        (file_of(LINES), 10**30),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(data: bytes, page: int):
    with pytest.raises(DocumentRejected, match=r"page|file"):
        draw_page(data, page)


@pytest.mark.parametrize("size", ["0 0 200000 10", "0 0 10 200000", "0 0 0 0", "0 0 14400 14400"])
def test_a_page_of_any_size_is_a_picture_of_bounded_size(size: str):
    drawn = draw_page(file_of(LINES, size=size), 1)
    assert 1 <= drawn.width <= 1000
    assert 1 <= drawn.height <= 3000
