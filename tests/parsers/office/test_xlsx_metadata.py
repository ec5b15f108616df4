"""Comments and text boxes of workbooks."""

import pytest

from tests.parsers.binary_files import parse, typed_texts
from tests.parsers.office.xlsx_writer import M, xlsx

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
