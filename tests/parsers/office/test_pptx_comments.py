"""Comments on slides."""

import pytest
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI

from tests.parsers.office.pptx_writer import Deck

LEGACY_COMMENTS = (
    '<p:cmLst xmlns:p="p"><p:cm authorId="0"><p:pos/><p:text>Old one?</p:text></p:cm></p:cmLst>'
)
LEGACY_AUTHORS = '<p:cmAuthorLst xmlns:p="p"><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>'
BODY = "<q:txBody><a:p><a:r><a:t>%s</a:t></a:r></a:p></q:txBody>"
MODERN_COMMENTS = (
    '<q:cmLst xmlns:q="q" xmlns:a="a"><q:cm authorId="{1}">'
    f'<q:replyLst><q:reply authorId="{{2}}">{BODY % "Yes."}</q:reply></q:replyLst>'
    f"{BODY % 'New one?'}</q:cm></q:cmLst>"
)
MODERN_AUTHORS = (
    '<q:authorLst xmlns:q="q"><q:author id="{1}" name="Bob"/>'
    '<q:author id="{2}" name="Cy"/></q:authorLst>'
)


@pytest.mark.parametrize(
    ("comments", "authors", "kind", "texts"),
    [
        (LEGACY_COMMENTS, LEGACY_AUTHORS, "commentAuthors", ["Comment (Ann): Old one?"]),
        (
            MODERN_COMMENTS,
            MODERN_AUTHORS,
            "authors",
            ["Comment (Bob): New one?", "Comment (Cy): Yes."],
        ),
    ],
)
def test_comments_and_replies_have_their_authors(comments, authors, kind, texts):
    deck = Deck()
    slide = deck.slide()
    package = slide.part.package
    for owner, name, xml in (
        (slide.part, "comments", comments),
        (package.main_document_part, kind, authors),
    ):
        part = Part(PackURI(f"/ppt/{name}/{name}1.xml"), "application/xml", package, xml.encode())
        owner.relate_to(part, f"http://schemas.microsoft.com/office/2018/10/relationships/{name}")
    assert deck.texts() == texts
