"""Metadata, notes and form fields of PDFs."""

from datetime import UTC, datetime

import pytest

from tests.parsers.binary_files import data_of, parse, typed_texts
from tests.parsers.pdf.pdf_writer import pdf
from vouch.parsers.pdf.annotations import parse_date


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("commented.pdf", "Comment (moose): Note in second paragraph"),
        ("libreoffice-form.pdf", "First Name: Alice"),
    ],
)
def test_notes_and_filled_form_fields_are_text(name, text):
    assert ("paragraph", text) in typed_texts(parse(data_of(name), "a.pdf"))


def test_title_author_language_and_dates_are_metadata():
    info = (
        "/Title (A title) /Author (An author) /CreationDate (D:20240229120000+01'00') "
        "/ModDate (D:20241399)"
    )
    metadata = parse(pdf([[(50, 700, 12, "x")]], info=info), "a.pdf").metadata
    assert (metadata.title, metadata.author, metadata.language) == ("A title", "An author", "en-GB")
    assert metadata.created == datetime(2024, 2, 29, 11, tzinfo=UTC)
    assert metadata.modified is None


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("D:2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("D:20240229", datetime(2024, 2, 29, tzinfo=UTC)),
        ("20240229121314Z", datetime(2024, 2, 29, 12, 13, 14, tzinfo=UTC)),
        ("D:20240229121314-05'30'", datetime(2024, 2, 29, 17, 43, 14, tzinfo=UTC)),
        ("D:20230229", None),
        ("D:20240101000000+99'00'", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_in_pdf_notation_are_aware_and_impossible_ones_none(text, date):
    assert parse_date(text) == date
