"""OpenDocument presentations: a page per slide, with titles, lists, tables, charts and notes."""

import pytest

from tests.parsers.binary_files import typed_texts
from tests.parsers.office.opendocument_writer import cell, content, number, package, row, table
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document


def frame(inside: str, kind: str = "") -> str:
    attribute = f'presentation:class="{kind}"' if kind else ""
    return f"<draw:frame {attribute}><draw:text-box>{inside}</draw:text-box></draw:frame>"


def slides(*pages: str, styles: str = "", kind: str = "presentation", **members: str) -> Document:
    body = "".join(
        f'<draw:page draw:style-name="dp{n}">{page}</draw:page>' for n, page in enumerate(pages, 1)
    )
    name = "drawing" if kind.startswith("graphics") else "presentation"
    return parse(
        package(kind, f"<office:{name}>{body}</office:{name}>", styles, **members), "a.odp"
    )


TITLE = frame("<text:p>Goals</text:p>", "title")


def test_titles_come_first_and_elements_have_their_page():
    document = slides(frame("<text:p>Body</text:p>") + TITLE, frame("<text:p>Alone</text:p>"))
    assert typed_texts(document) == [
        ("title", "Goals"),
        ("paragraph", "Body"),
        ("paragraph", "Alone"),
    ]
    assert [element.page for element in document.elements] == [1, 1, 2]
    assert document.elements[2].heading_path == ()


def test_lists_keep_their_depths():
    inner = "<text:list><text:list-item><text:p>deep</text:p></text:list-item></text:list>"
    outline = (
        f"<text:list><text:list-item><text:p>first</text:p>{inner}</text:list-item></text:list>"
    )
    assert typed_texts(slides(TITLE + frame(outline, "outline")))[1:] == [
        ("list_item", "- first"),
        ("list_item", "  - deep"),
    ]


def test_tables_notes_comments_and_descriptions_are_kept():
    grid = table(row(cell("Name"), cell("Cost")) + row(cell("Rent"), number(5)))
    picture = "<draw:frame><draw:image/><svg:title>A red house</svg:title></draw:frame>"
    notes = (
        f"<presentation:notes>{frame('<text:p>Say hello</text:p>', 'notes')}</presentation:notes>"
    )
    comment = "<office:annotation><dc:creator>Bo</dc:creator><text:p>Too long</text:p></office:annotation>"
    page = TITLE + f"<draw:frame>{grid}<draw:image/></draw:frame>" + picture + notes + comment
    texts = [text for _, text in typed_texts(slides(page))]
    assert texts == [
        "Goals",
        "Name | Cost\nRent | 5",
        "A red house",
        "Notes: Say hello",
        "Comment (Bo): Too long",
    ]


def test_groups_and_shapes_are_read():
    page = "<draw:g><draw:custom-shape><text:p>In a group</text:p></draw:custom-shape></draw:g>"
    assert slides(page).text == "In a group"


def test_the_data_of_a_chart_are_a_table():
    chart = (
        "<office:chart><chart:chart><chart:title><text:p>Sales</text:p></chart:title>"
        + table(row(cell("Year"), cell("Sold")) + row(cell("2025"), number(7)))
        + "</chart:chart></office:chart>"
    )
    page = '<draw:frame><draw:object xlink:href="./Object 1"/><draw:image/></draw:frame>'
    members = {"Object 1__content": content(chart)}
    assert slides(TITLE + page, **members).text == "Goals\n\nSales\n\nYear | Sold\n2025 | 7"


def test_hidden_slides_are_read_and_numbered():
    style = (
        '<style:style style:name="dp2"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>'
    )
    document = slides(TITLE, frame("<text:p>Backup</text:p>"), styles=style)
    assert ("hidden_slides", (2,)) in document.metadata.extra
    assert "Backup" in document.text


@pytest.mark.parametrize("kind", ["presentation-template", "graphics", "graphics-template"])
def test_templates_and_drawings_are_read_alike(kind):
    assert slides(TITLE, kind=kind).text == "Goals"


def test_footers_are_kept_apart_and_slide_numbers_left_out():
    page = (
        TITLE
        + frame("<text:p>ACME</text:p>", "footer")
        + frame("<text:p>1</text:p>", "page-number")
    )
    assert typed_texts(slides(page)) == [("title", "Goals"), ("footer", "ACME")]


def number_style(depth: int, notation: str, more: str = 'style:num-suffix="."') -> str:
    return (
        f'<text:list-level-style-number text:level="{depth}" style:num-format="{notation}" {more}/>'
    )


def item(text: str, inner: str = "", start: str = "") -> str:
    start = f'text:start-value="{start}"' if start else ""
    return f"<text:list-item {start}><text:p>{text}</text:p>{inner}</text:list-item>"


def outline(*items: str, style: str = "L1") -> str:
    return f'<text:list text:style-name="{style}">{"".join(items)}</text:list>'


IN_BRACKETS = 'style:num-prefix="(" style:num-suffix=")"'
WITH_ALL_LEVELS = 'text:display-levels="3"'
STYLES = (
    f'<text:list-style style:name="L1">{number_style(1, "1")}{number_style(2, "a", IN_BRACKETS)}'
    f"{number_style(3, '1', WITH_ALL_LEVELS)}</text:list-style>"
)


@pytest.mark.parametrize(
    ("lists", "shown"),
    [
        (outline(item("x"), item("x", outline(item("x")))), ["1. x", "2. x", "  (a) x"]),
        (outline(item("x")) + outline(item("x")), ["1. x", "2. x"]),
        (outline(item("x", start="7"), item("x")), ["7. x", "8. x"]),
        (outline(item("x")) + outline(item("x"), style="L2"), ["1. x", "- x"]),
        (
            outline(item("x", outline(item("x", outline(item("x")))))),
            ["1. x", "  (a) x", "    1.a.1 x"],
        ),
        (outline(item("x")) + "<text:p>y</text:p>" + outline(item("x")), ["1. x", "y", "1. x"]),
    ],
)
def test_ordered_lists_keep_their_numbers(lists: str, shown: list[str]) -> None:
    document = slides(frame(lists, "outline"), styles=STYLES)
    assert [text for _, text in typed_texts(document)] == shown
