"""Comments and text boxes of workbooks."""

import io
import zipfile

import pytest

from tests.parsers.binary_files import parse, typed_texts, zipped
from tests.parsers.office.xlsx_writer import M, R, xlsx
from vouch.schemas.documents.records import LeftOutKind
from vouch.schemas.errors import DocumentRejected

NOTES = (
    f'<comments xmlns="{M}"><authors><author>Ann</author></authors><commentList>'
    '<comment ref="B2" authorId="0"><text><r><t>Ann:</t></r><r><t>\nsure?</t></r></text></comment>'
    "</commentList></comments>"
)
THREAD = (
    '<ThreadedComments><threadedComment ref="%s" personId="{1}"><text>Is it?</text>'
    "</threadedComment></ThreadedComments>"
)
PEOPLE = '<personList><person id="{1}" displayName="Bob"/></personList>'
BOX = (
    '<d:wsDr xmlns:d="d" xmlns:a="a"><d:sp><d:txBody><a:p><a:r><a:t>In a</a:t></a:r>'
    "<a:r><a:t> box</a:t></a:r></a:p></d:txBody></d:sp></d:wsDr>"
)


@pytest.mark.parametrize(
    ("parts", "texts"),
    [
        ({"comments1": ("comments", NOTES)}, ["Comment on B2 (Ann): sure?"]),
        (
            {"comments1": ("comments", NOTES), "threads1": ("threadedComment", THREAD % "B2")},
            ["Comment on B2 (Bob): Is it?"],
        ),
        (
            {"comments1": ("comments", NOTES), "threads1": ("threadedComment", THREAD % "C3")},
            ["Comment on C3 (Bob): Is it?", "Comment on B2 (Ann): sure?"],
        ),
        ({"drawing1": ("drawing", BOX)}, ["In a box"]),
    ],
)
def test_comments_and_text_boxes_follow_the_tables_of_their_sheet(parts, texts):
    document = parse(xlsx({"S": [["A", "B"], ["x", 1]]}, parts=parts, people=PEOPLE), "a.xlsx")
    assert [text for _, text in typed_texts(document)[2:]] == texts


CHART = (
    '<c:chartSpace xmlns:c="c" xmlns:a="a"><c:chart><c:title><a:t>Sales</a:t></c:title><c:plotArea>'
    "<c:ser><c:tx><c:v>S</c:v></c:tx></c:ser><c:valAx><c:title><a:t>EUR</a:t></c:title></c:valAx>"
    "</c:plotArea></c:chart></c:chartSpace>"
)
PICTURE = '<d:wsDr xmlns:d="d"><d:pic><d:cNvPr id="1" descr="A map of the port"/></d:pic></d:wsDr>'


def with_drawing(drawing: str) -> bytes:
    """Return a workbook with a drawing on its sheet, which has a chart."""
    with zipfile.ZipFile(
        io.BytesIO(xlsx({"S": [["A"]]}, parts={"drawing1": ("drawing", drawing)}))
    ) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/chart1.xml"] = CHART.encode()
    members["xl/_rels/drawing1.xml.rels"] = (
        f'<Relationships><Relationship Id="c" Type="{R}/chart" Target="chart1.xml"/>'
        "</Relationships>"
    ).encode()
    return zipped(members)


def test_titles_of_charts_and_descriptions_of_pictures_are_read():
    document = parse(with_drawing(PICTURE), "a.xlsx")
    assert [text for _, text in typed_texts(document)[1:]] == [
        "A",
        "A map of the port",
        "Sales\nEUR",
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("&amp;CContract 4711", "Contract 4711"),
        (
            "&amp;L&amp;&quot;Arial,Bold&quot;&amp;12Draft&amp;RPage &amp;P of &amp;N",
            "Draft Page of",
        ),
        ("&amp;CA &amp;&amp; B", "A & B"),
    ],
)
def test_headers_of_printed_pages_are_counted(written: str, text: str):
    data = xlsx({"S": [["A", "B"], ["x", 1]]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    margin = f"<headerFooter><oddHeader>{written}</oddHeader></headerFooter></worksheet>"
    members[sheet] = members[sheet].replace(b"</worksheet>", margin.encode())
    document = parse(zipped(members), "a.xlsx")
    assert document.text == "S\n\nA | B\nx | 1"
    assert [(row.kind, row.examples) for row in document.left_out] == [
        (LeftOutKind.RUNNING_HEADER, (text,))
    ]


def test_a_link_to_a_place_in_a_page_is_kept_whole():
    data = xlsx({"S": [["A", "B"], ["x", "y"]]}, links={"B2": "https://a.example/p"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = members[sheet].replace(
        b'<hyperlink ref="B2"', b'<hyperlink location="s" ref="B2"'
    )
    (link,) = parse(zipped(members), "a.xlsx").links
    assert link.target == "https://a.example/p#s"


@pytest.mark.timeout(60)
def test_tags_that_never_end_take_linear_time():
    # Hours, if each were searched for its end through all that follow.
    sheet = b"<worksheet>" + b"<c " * 200_000 + b"<autoFilter " * 50_000 + b"HYPERLINK("
    with zipfile.ZipFile(io.BytesIO(xlsx({"S": [["A", "B"]]}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet
    with pytest.raises(DocumentRejected):
        parse(zipped(members), "a.xlsx")
