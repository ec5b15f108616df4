"""Word documents as a whole: graphics, included files, metadata, and damaged files."""

import pytest

from tests.parsers.binary_files import parse, typed_texts, zipped
from tests.parsers.office.docx_writer import STRICT, STYLES, docx, paragraph, styled
from vouch.schemas.errors import DocumentRejected

CHART = (
    "<chartSpace><chart><title><r><t>Growth</t></r></title><plotArea><bar3DChart><ser>"
    "<tx><strRef><strCache><pt><v>Sales</v></pt></strCache></strRef></tx>"
    '<cat><strRef><strCache><pt idx="0"><v>2003</v></pt></strCache></strRef></cat>'
    '<val><numRef><numCache><pt idx="0"><v>7.0</v></pt></numCache></numRef></val>'
    "</ser></bar3DChart></plotArea></chart></chartSpace>"
)
DIAGRAM = (
    "<dataModel><ptLst><pt><t><p><r><t>Plan</t></r></p></t></pt><pt><t><p/></t></pt>"
    "<pt><t><p><r><t>Do</t></r></p></t></pt></ptLst></dataModel>"
)


def test_charts_and_diagrams_follow_their_paragraph():
    drawn = (
        '<w:drawing><g><chart r:id="chart"/></g></w:drawing>'
        '<w:drawing><g><relIds r:dm="data" r:lo="x"/></g></w:drawing>'
    )
    parts = {"chart.xml": ("chart", CHART), "data.xml": ("diagramData", DIAGRAM)}
    document = docx(f"<w:p><w:r><w:t>a</w:t>{drawn}</w:r></w:p>", more=parts)
    assert typed_texts(document) == [
        ("paragraph", "a"),
        ("paragraph", "Growth"),
        ("table", " | Sales\n2003 | 7"),
        ("list_item", "- Plan"),
        ("list_item", "- Do"),
    ]


@pytest.mark.parametrize(
    ("target", "name"), [("afchunk.html", "afchunk.html"), ("afchunk.mht", "afchunk.eml")]
)
def test_included_files_are_attachments(target, name):
    parts = {target: ("aFChunk", "<p>x</p>")}
    document = docx('<w:altChunk r:id="afchunk"/>', more=parts)
    attachments = [(file.name, file.data) for file in document.attachments]
    assert attachments == [(name, b"<p>x</p>")]


def test_the_strict_notation_is_read():
    body = paragraph("x", styled("heading1"))
    assert typed_texts(docx(body, STYLES, namespace=STRICT)) == [("title", "x")]


def test_core_properties_are_metadata():
    core = (
        "<dc:title>T</dc:title><dc:creator>A</dc:creator><dc:language>de-AT</dc:language>"
        "<dc:created>2024-02-29T10:00:00Z</dc:created><dc:modified>never</dc:modified>"
        "<dc:subject>S</dc:subject>"
    )
    metadata = docx(paragraph("x"), core=core).metadata
    assert (metadata.title, metadata.author, metadata.language) == ("T", "A", "de-AT")
    assert metadata.created is not None
    assert metadata.created.isoformat() == "2024-02-29T10:00:00+00:00"
    assert metadata.modified is None
    assert metadata.extra == (("subject", "S"),)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"word/document.xml": "<w:document"}, "word/document.xml of the file is damaged"),
        ({"other.xml": "<a/>"}, "no document part"),
        (
            {
                "word/document.xml": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
                "<a>&e;</a>"
            },
            "word/document.xml of the file refers to another file",
        ),
    ],
)
def test_damaged_and_hostile_files_are_rejected_with_the_part(members, message):
    with pytest.raises(DocumentRejected, match=message):
        parse(zipped(members), "a.docx")
