"""Files that unstructured's platform and its ingest tool wrote are read as the elements they hold."""

from datetime import UTC, datetime

import pytest

from tests.parsers.proofs import elements_of, prove
from tests.parsers.unstructured.element_files import as_json, as_lines, element, packed
from vouch.parsers.registry import Reading, read
from vouch.parsers.unstructured import element_json
from vouch.schemas.documents.records import ElementType

TITLE, PARAGRAPH = ElementType.TITLE, ElementType.PARAGRAPH
FILE = {"filename": "lease.pdf", "languages": ["eng"]}
LEASE = (
    element("Title", "Lease", "1", page_number=1, **FILE),
    element("NarrativeText", "The rent is 900 €.", parent_id="1", page_number=2, **FILE),
)


def proved(data: bytes, name: str = "a.json") -> Reading:
    reading = read(data, name)
    prove(reading.document)
    return reading


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.jsonl", "a.txt", "lease.pdf.json", "a"])
@pytest.mark.parametrize(
    "data", [as_json(*LEASE), as_lines(*LEASE), b"\xef\xbb\xbf" + as_json(*LEASE)]
)
def test_elements_are_recognised_by_their_content(data: bytes, name: str):
    reading = proved(data, name)
    assert reading.read_by == "elements"
    assert elements_of(reading.document) == [(TITLE, "Lease"), (PARAGRAPH, "The rent is 900 €.")]
    assert [e.page for e in reading.document.elements] == [1, 2]


@pytest.mark.parametrize(
    ("data", "name", "parser"),
    [
        (b'[{"type": "Title", "text": "a customer\'s own"}]', "a.json", "json"),
        (b'[{"type": "Title", "element_id": "1", "text": "a"}]', "a.json", "json"),
        (b'[{"type": "Title", "element_id": 1, "text": "a", "metadata": {}}]', "a.json", "json"),
        (as_json(LEASE[0], {"sku": 1}), "a.json", "json"),
        (as_lines(LEASE[0], {"sku": 1}), "a.ndjson", "json"),
        (b'{"elements": ' + as_json(*LEASE) + b"}", "a.json", "json"),
        (b'The word "element_id" in a text.', "a.txt", "text"),
    ],
)
def test_other_json_stays_what_it_is(data: bytes, name: str, parser: str):
    assert read(data, name).read_by == parser


def test_metadata_that_all_elements_share_is_the_documents():
    source = {
        "url": "s3://leases/1.pdf",
        "version": "7",
        "record_locator": {"protocol": "s3", "remote_file_path": "s3://leases/"},
        "date_created": "1678441216.0",
        "date_modified": "2024-02-14 10:43:11.300753",
        "permissions_data": [{"mode": 33188}],
    }
    box = {"points": [[0, 0], [1, 1]], "system": "PixelSpace"}
    metadata = proved(
        as_json(
            element("Title", "A", data_source=source, filetype="application/pdf", coordinates=box, tenant="x", floor=1),
            element("Image", "a plan", data_source=source, filetype="application/pdf", image_base64="iVBOR" * 999, floor=2),
        )
    ).document.metadata  # fmt: skip
    assert metadata.created == datetime(2023, 3, 10, 9, 40, 16, tzinfo=UTC)
    assert metadata.modified == datetime(2024, 2, 14, 10, 43, 11, 300753, tzinfo=UTC)
    assert dict(metadata.extra) == {
        "data_source.url": "s3://leases/1.pdf",
        "data_source.version": "7",
        "data_source.record_locator": '{"protocol": "s3", "remote_file_path": "s3://leases/"}',
        "filetype": "application/pdf",
        "tenant": "x",
    }
    # A guess of another program is no declaration.
    assert proved(as_json(*LEASE)).document.metadata.language is None


LONG = element("NarrativeText", "one two three four", "2", page_number=1)
TABLE = element(
    "Table", "a b 1 2", "3", text_as_html="<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>",
)  # fmt: skip


def test_chunks_are_read_as_what_they_were_made_from():
    """A long element is in two chunks, with an overlap, and a table in two pieces."""
    chunks = [
        element("CompositeElement", "Lease\n\none two three", orig_elements=packed(LEASE[0], LONG)),
        element("CompositeElement", "three four", orig_elements=[LONG]),
        element("TableChunk", "a b", orig_elements=packed(TABLE)),
        element("TableChunk", "1 2", orig_elements=packed(TABLE)),
    ]
    assert elements_of(proved(as_json(*chunks)).document) == [
        (TITLE, "Lease"),
        (PARAGRAPH, "one two three four"),
        (ElementType.TABLE, "a | b\n1 | 2"),
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        "no base64!",
        packed(LONG)[:-8],
        packed({"type": "Title"}),
        packed(element("NarrativeText", "words " * 1000)),
        7,
        "",
        [{"type": "Title", "text": "without an id"}],
    ],
)
def test_chunks_whose_elements_cannot_be_had_are_read_themselves(damaged, monkeypatch):
    monkeypatch.setattr(element_json, "_MAX_UNPACKED", 1000)
    chunk = element("CompositeElement", "one two", orig_elements=damaged)
    assert elements_of(proved(as_json(chunk)).document) == [(PARAGRAPH, "one two")]


def test_an_element_may_have_no_text():
    assert elements_of(proved(as_json(LEASE[0], LEASE[1] | {"text": None})).document) == [
        (TITLE, "Lease")
    ]


def test_a_check_box_has_its_state():
    boxes = [element("CheckBox", "", str(n)) | {"checked": n == 1} for n in range(2)]
    assert elements_of(proved(as_json(*boxes)).document) == [(PARAGRAPH, "[ ]"), (PARAGRAPH, "[x]")]
