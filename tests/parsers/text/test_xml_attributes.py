"""Attributes of XML that people read are text; those of programs are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.proofs import elements_of
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType
from vouch.schemas.errors import DocumentRejected

T = ElementType
SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:i="http://www.inkscape.org/namespaces/inkscape"'


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (
            '<menu><item id="m1" label="Open the map" icon="a b.png" command="cmd_open"/>'
            '<item label="Close" tooltip="Closes the window at once"/><note>Staff</note></menu>',
            [
                (T.PARAGRAPH, "label: Open the map"),
                (T.PARAGRAPH, "label: Close, tooltip: Closes the window at once"),
                (T.PARAGRAPH, "note: Staff"),
            ],
        ),
        (
            '<people><person name="Ada Lovelace" born="1815"/>'
            '<person name="Alan Turing" born="1912"><note>code breaker</note></person></people>',
            [
                (T.PARAGRAPH, "name: Ada Lovelace, born: 1815"),
                (T.TITLE, "Alan Turing"),
                (T.PARAGRAPH, "born: 1912"),
                (T.PARAGRAPH, "code breaker"),
            ],
        ),
        (
            '<rates><subject>Rates</subject><day time="2026-01-05"><rate currency="USD" rate="1.08"/>'
            '<rate currency="NOK" rate="11.5"/></day></rates>',
            [
                (T.TITLE, "Rates"),
                (T.PARAGRAPH, "time: 2026-01-05"),
                (T.PARAGRAPH, "currency: USD, rate: 1.08"),
                (T.PARAGRAPH, "currency: NOK, rate: 11.5"),
            ],
        ),
        (
            '<order><price currency="EUR">12.50</price><place>Bergen</place></order>',
            [(T.PARAGRAPH, "price (currency: EUR): 12.50"), (T.PARAGRAPH, "place: Bergen")],
        ),
        (
            '<book><section title="Install"><p>Do it.</p><img src="a.png" alt="A crane"/></section></book>',
            [(T.TITLE, "Install"), (T.PARAGRAPH, "Do it."), (T.PARAGRAPH, "alt: A crane")],
        ),
        (
            '<r><p>x</p><港 名="港のクレーン"/><b t="Größe"/></r>',
            [(T.PARAGRAPH, "x"), (T.PARAGRAPH, "名: 港のクレーン"), (T.PARAGRAPH, "t: Größe")],
        ),
        (
            f'<svg {SVG}><title>Map</title><g i:label="Layer 1"><rect x="1" class="crane big" '
            'style="fill:#fff" preserveAspectRatio="xMidYMid meet" aria-label="The north crane"/>'
            '<path d="M 0 0 L 1 1"/></g><text x="1">Pier four</text></svg>',
            [
                (T.TITLE, "Map"),
                (T.PARAGRAPH, "aria-label: The north crane"),
                (T.PARAGRAPH, "text: Pier four"),
            ],
        ),
        (
            '<resources><string name="app_name">Harbour</string><string name="greet">Hi</string>'
            '<x xsi:schemaLocation="http://a b" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>'
            '<y enabled="true" scope="test" key="a b c" n="5" href="x y"/></resources>',
            [(T.PARAGRAPH, "string: Harbour"), (T.PARAGRAPH, "string: Hi")],
        ),
        (
            '<suite name="harbour tests"><case name="test_crane" time="0.01"/><case name="test_ship">'
            '<failure message="expected 3 but was 4">trace</failure></case></suite>',
            [
                (T.TITLE, "harbour tests"),
                (T.PARAGRAPH, "message: expected 3 but was 4"),
                (T.PARAGRAPH, "trace"),
            ],
        ),
    ],
)  # fmt: skip
def test_what_people_read_is_text(xml: str, expected: list[tuple[ElementType, str]]):
    assert elements_of(parse(xml.encode(), "a.xml")) == expected


def test_a_document_without_text_is_read_by_all_its_attributes():
    document = parse(b'<conf><db host="north.example.org" port="5432"/></conf>', "a.xml")
    assert document.text == "db host: north.example.org, port: 5432"


FEED = (
    '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Harbour &amp; quay</title>\n'
    "<item><title>Crane</title><description>It comes in May.</description></item>\n"
    "<!-- <item> --><item><title>Schiff</title><description><![CDATA[<p>Es fährt ab.</p>]]>"
    '</description><enclosure url="a>b"/></item>\n<item><title>Tide</title></item></channel></rss>'
)


def test_a_feed_without_its_end_is_read_up_to_it():
    document = parse(FEED[: FEED.index("Tide") + 2].encode(), "a.rss")
    assert [part.name for part in document.damaged] == ["end"]
    assert "line 5" in document.damaged[0].message
    assert "It comes in May." in document.text
    assert "Es fährt ab." in document.text


@given(st.integers(0, len(FEED.encode()) - 1))
def test_a_cut_anywhere_loses_the_end_alone(place: int):
    """Both whole elements that come first are read, however the rest is cut."""
    data = FEED.encode()[:place]
    if b"May.</description>" in data:
        document = parse(data, "a.xml")
        assert "It comes in May." in document.text
        assert bool(document.damaged) == (place < len(FEED.encode()))


@pytest.mark.parametrize(
    "xml",
    [
        "<r><a>one</a><b>two</b><c>three</d><e>four</e></r>",
        "<r><a>one</a><b>two</b><c>three & four</c></r>",
        "<r><a>one</a><b>two</b></r><r>",
        "<r><a>one</a><b>two</b><c x=y>three</c>",
        "<r><a>one",
    ],
)
def test_what_is_no_xml_before_its_end_is_rejected(xml: str):
    with pytest.raises(DocumentRejected):
        parse(xml.encode(), "a.xml")
