"""Elements of unstructured become ours: types, levels, depths, pages, tables and links."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.hostile import WORD
from tests.parsers.proofs import elements_of, links, prove
from tests.parsers.unstructured.element_files import element
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.unstructured.elements import document_of
from vouch.schemas.documents.records import Document, ElementType

CODE, FOOTER, HEADER, LIST_ITEM, PARAGRAPH, TABLE, TITLE = (
    ElementType.CODE,
    ElementType.FOOTER,
    ElementType.HEADER,
    ElementType.LIST_ITEM,
    ElementType.PARAGRAPH,
    ElementType.TABLE,
    ElementType.TITLE,
)


def proved(*elements) -> Document:
    document = document_of(elements)
    prove(document)
    return document


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Title", TITLE),
        ("Section-header", TITLE),
        ("NarrativeText", PARAGRAPH),
        ("UncategorizedText", PARAGRAPH),
        ("CompositeElement", PARAGRAPH),
        ("Address", PARAGRAPH),
        ("EmailAddress", PARAGRAPH),
        ("FigureCaption", PARAGRAPH),
        ("Formula", PARAGRAPH),
        ("Image", PARAGRAPH),
        ("SomethingOfALaterVersion", PARAGRAPH),
        ("ListItem", LIST_ITEM),
        ("CodeSnippet", CODE),
        ("Header", HEADER),
        ("Footer", FOOTER),
        ("PageNumber", FOOTER),
    ],
)
def test_each_type_has_a_counterpart(kind, expected):
    prefix = "- " if expected is LIST_ITEM else ""
    assert elements_of(proved(element(kind, "some words"))) == [(expected, f"{prefix}some words")]


def test_elements_without_a_text_add_nothing():
    breaks = [element(kind, "") for kind in ("PageBreak", "Image", "Table", "Title", "Header")]
    assert elements_of(proved(element("Title", "A"), *breaks)) == [(TITLE, "A")]


def test_levels_follow_depths_and_else_the_titles_they_are_in():
    document = proved(
        element("Title", "Part", "1", category_depth=0),
        element("Title", "Chapter", "2", category_depth=1, parent_id="1"),
        element("NarrativeText", "in the chapter", parent_id="2"),
        element("Title", "Section", "3", parent_id="2"),
        element("NarrativeText", "in the section", parent_id="3"),
        element("Title", "Next part", "4"),
        element("NarrativeText", "in the next part", parent_id="4"),
    )
    assert [element.level for element in document.elements if element.level] == [1, 2, 3, 1]
    paths = [e.heading_path for e in document.elements if e.type is PARAGRAPH]
    assert paths == [
        ("Part", "Chapter"),
        ("Part", "Chapter", "Section"),
        ("Next part",),
    ]


@pytest.mark.parametrize("first", [0, 1], ids=["as of Word", "as of HTML"])
def test_depths_of_list_items_count_from_the_outermost(first):
    depths = [0, 1, 2, 1, 0, 1]
    items = [element("ListItem", f"i{n}", category_depth=first + d) for n, d in enumerate(depths)]
    document = proved(element("Title", "A"), *items)
    assert [text.index("-") // 2 for _, text in elements_of(document)[1:]] == depths


def test_a_paragraph_in_an_item_does_not_end_its_list():
    document = proved(
        element("ListItem", "one", "1", category_depth=1),
        element("NarrativeText", "more of one", parent_id="1"),
        element("ListItem", "below one", category_depth=2, parent_id="1"),
        element("NarrativeText", "after the list"),
        element("ListItem", "a new list", category_depth=2),
    )
    items = [text for kind, text in elements_of(document) if kind is LIST_ITEM]
    assert items == ["- one", "  - below one", "- a new list"]


def test_a_bullet_is_not_written_twice_and_the_links_behind_it_are_kept():
    document = proved(
        element("ListItem", "• see here", link_texts=["here"], link_urls=["https://a.org"])
    )
    assert elements_of(document) == [(LIST_ITEM, "- see here")]
    assert links(document) == [("here", "https://a.org")]


def test_pages_are_those_of_the_elements():
    document = proved(
        element("Title", "A", page_number=1),
        element("NarrativeText", "b", page_number=2),
        element("NarrativeText", "c"),
    )
    assert [e.page for e in document.elements] == [1, 2, None]


def cells(document: Document) -> tuple[list[list[str]], int]:
    (table,) = [e.table for e in document.elements if e.table]
    rows = [[document.text[start:end] for start, end in row] for row in table.rows]
    return rows, table.header_rows


@pytest.mark.parametrize(
    ("written", "headers"),
    [
        (
            "<table><thead><tr><th>Team</th><th>Cups</th></tr></thead><tbody>"
            "<tr><td>Blues</td><td>1</td></tr></tbody></table>",
            1,
        ),
        # As the library writes those of Word and CSV, and as its table model does.
        ("<table><tr><td>Team</td><td>Cups</td></tr><tr><td>Blues</td><td>1</td></tr></table>", 1),
        (
            "<table><thead><th>Team</th><th>Cups</th></thead><tr><td>Blues</td><td>1</td></tr>"
            "</table>",
            1,
        ),
    ],
)
def test_tables_have_the_cells_of_their_html(written: str, headers: int):
    document = proved(element("Table", "Team Cups Blues 1", text_as_html=written))
    assert cells(document) == ([["Team", "Cups"], ["Blues", "1"]], headers)


def test_a_table_within_a_cell_is_read_once():
    written = (
        "<table><tr><td>outer</td><td><table><tr><td>in</td><td>ner</td></tr></table></td></tr>"
        "</table>"
    )
    document = proved(element("Table", "outer in ner", text_as_html=written))
    assert cells(document)[0] == [["outer", "in ner"]]


@pytest.mark.parametrize(
    "written", [None, "", "Team Cups", "<p>no table</p>", "<table><tr><td>Team</td></tr></table>"]
)
def test_a_table_whose_html_lacks_its_words_is_read_as_text(written):
    text = "Team Cups Blues 1 Flyers 2"
    assert elements_of(proved(element("Table", text, text_as_html=written))) == [(PARAGRAPH, text)]


def test_what_the_cells_of_a_table_lack_is_below_it():
    written = "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    document = proved(element("Table", "Note: a b c d 2022 d", text_as_html=written))
    assert elements_of(document) == [(TABLE, "a | b\nc | d"), (PARAGRAPH, "Note: 2022 d")]


def test_a_cell_of_a_table_keeps_its_link():
    written = '<table><tr><td>a</td><td><a href="https://a.org">b</a></td></tr></table>'
    assert links(proved(element("Table", "a b", text_as_html=written))) == [("b", "https://a.org")]


TEXT = "Read the guide, the guide, or ask  us."
GUIDE, US = "https://a.org/guide", "mailto:us@a.org"


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            {"links": [{"text": "guide", "url": GUIDE, "start_index": 20}]},
            [("guide", GUIDE)],
        ),
        # Starts that count in another text, or are not known.
        (
            {"links": [{"text": "guide", "url": GUIDE, "start_index": 3}]},
            [("guide", GUIDE)],
        ),
        (
            {
                "link_texts": ["guide", " guide", "ask us"],
                "link_urls": [GUIDE, f"{GUIDE}/2", US],
                "link_start_indexes": [-1, -1, -1],
            },
            [("guide", GUIDE), ("guide", f"{GUIDE}/2"), ("ask us", US)],
        ),
        ({"link_texts": ["guide"], "link_urls": [GUIDE]}, [("guide", GUIDE)]),
        # The only link of an element whose words are elsewhere: the element is what it links from.
        ({"link_texts": ["picture"], "link_urls": [GUIDE]}, [(TEXT.replace("  ", " "), GUIDE)]),
        ({"link_texts": [None], "link_urls": [GUIDE]}, [(TEXT.replace("  ", " "), GUIDE)]),
        # Not in the order of the text.
        (
            {
                "links": [
                    {"text": "us", "url": US, "start_index": 35},
                    {"text": "guide", "url": GUIDE, "start_index": 9},
                ]
            },
            [("guide", GUIDE), ("us", US)],
        ),
        # A link without an address, and one within the page.
        ({"links": [{"text": "guide", "url": None, "start_index": 9}]}, []),
        ({"link_texts": ["guide"], "link_urls": ["#part"]}, []),
        ({"links": "damaged", "link_texts": None}, []),
    ],
)
def test_links_are_where_their_words_are(metadata, expected):
    assert links(proved(element("NarrativeText", TEXT, **metadata))) == expected


def test_the_second_of_two_equal_texts_is_linked_where_the_start_says_so():
    metadata = {"links": [{"text": "guide", "url": GUIDE, "start_index": 20}]}
    (link,) = proved(element("NarrativeText", TEXT, **metadata)).links
    assert link.char_start == 20


def test_a_form_without_text_is_its_keys_and_values():
    pairs = [{"key": {"text": "Name"}, "value": {"text": "Ada"}}, {"key": {"text": "Age"}}]
    document = proved(element("FormKeysValues", "", key_value_pairs=pairs))
    assert cells(document)[0] == [["Name", "Ada"], ["Age", ""]]


def test_sheets_have_their_names_as_titles():
    document = proved(
        element("Title", "Costs", page_name="Costs", page_number=1),
        element("NarrativeText", "in May", page_name="Costs", page_number=1),
        element("NarrativeText", "none", page_name="Income", page_number=2),
        element("Title", "By month", page_name="Income", page_number=2),
    )
    titles = [(e.level, text) for e, (_, text) in zip(document.elements, elements_of(document), strict=True) if e.level]  # fmt: skip
    assert titles == [(1, "Costs"), (1, "Income"), (2, "By month")]
    assert [e.page for e in document.elements] == [1, 1, 2, 2, 2]


def test_links_of_a_table_whose_html_has_none_are_in_the_cells_with_their_words():
    written = "<table><tr><td>a</td><td>see b</td></tr><tr><td>b</td><td>c</td></tr></table>"
    stated = {"link_texts": ["b", "b", "d"], "link_urls": ["https://1.org", "https://2.org", "#x"]}
    document = proved(element("Table", "a see b b c", text_as_html=written, **stated))
    assert links(document) == [("b", "https://1.org"), ("b", "https://2.org")]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
KEYS = (
    "category_depth parent_id page_number page_name attached_to_filename filename text_as_html links "
    "link_texts link_urls link_start_indexes key_value_pairs subject sent_from last_modified "
    "data_source languages"
).split()
TEXTS = st.lists(WORD, max_size=4).map(" ".join)
KINDS = st.sampled_from("Title ListItem Table FormKeysValues NarrativeText CheckBox".split())


@given(
    st.lists(st.tuples(KINDS, TEXTS, st.dictionaries(st.sampled_from(KEYS), ANYTHING)), max_size=5)
)
@settings(max_examples=60)
def test_any_metadata_is_read_and_every_text_is_kept(pieces):
    elements = [
        element(kind, text, str(n), **metadata) for n, (kind, text, metadata) in enumerate(pieces)
    ]
    document = proved(*elements)
    for _, text, _ in pieces:
        assert one_line(text) in one_line(document.text)


def test_what_is_attached_to_a_mail_is_below_its_name():
    document = proved(
        element("NarrativeText", "See the file.", subject="Lease", sent_from=["Ann <a@b.org>"]),
        element("Title", "Rent", filename="lease.docx", attached_to_filename="mail.eml"),
    )
    assert elements_of(document)[1:] == [(TITLE, "lease.docx"), (TITLE, "Rent")]
    assert (document.metadata.title, document.metadata.author) == ("Lease", "Ann <a@b.org>")
