"""Text frames of PowerPoint: which paragraphs are list items, and their numbers."""

from lxml import etree

from tests.parsers.office.pptx_writer import SECTION_HEADER, TITLE_AND_BODY, Deck, text_box

A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def test_bullets_typed_into_a_box_are_list_items():
    deck = Deck()
    text_box(deck.slide().shapes, "• one\n- two\nthree")
    assert deck.elements() == [
        ("list_item", "- one"),
        ("list_item", "- two"),
        ("paragraph", "three"),
    ]


def test_a_body_is_a_list_only_where_its_layout_has_bullets():
    deck = Deck()
    deck.slide(SECTION_HEADER).placeholders[1].text_frame.text = "What follows"
    deck.slide(TITLE_AND_BODY).placeholders[1].text_frame.text = "An item"
    assert deck.elements() == [("paragraph", "What follows"), ("list_item", "- An item")]


def test_numbered_items_have_the_numbers_that_powerpoint_draws():
    deck = Deck()
    frame = deck.slide(TITLE_AND_BODY).placeholders[1].text_frame
    items = [
        ("arabicPeriod", 0, None, "1. x"),
        ("alphaLcParenR", 1, None, "  a) x"),
        ("alphaLcParenR", 1, None, "  b) x"),
        ("arabicPeriod", 0, None, "2. x"),
        ("romanUcParenBoth", 0, 4, "(IV) x"),
        (None, 0, None, "- x"),
    ]
    for number, (notation, level, start, _) in enumerate(items):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text, paragraph.level = "x", level
        if notation:
            properties = paragraph._p.get_or_add_pPr()
            mark = etree.SubElement(properties, f"{{{A}}}buAutoNum", type=notation)
            if start:
                mark.set("startAt", str(start))
    assert deck.texts() == [expected for *_, expected in items]
