"""Headings of plain text: found where a person sees one, and their sections with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import ElementType

PROSE = "The harbour company lets the north quay to the tenant for ten years."


def outline(text: str) -> list[tuple[int, str]]:
    """Return the level and the words of each heading."""
    document = parse(text.encode(), "a.txt")
    return [
        (element.level or 0, " ".join(document.text[element.char_start : element.char_end].split()))
        for element in document.elements
        if element.type is ElementType.TITLE
    ]


def path_of(text: str, words: str) -> tuple[str, ...]:
    """Return the headings above the element that has these words."""
    document = parse(text.encode(), "a.txt")
    return next(
        element.heading_path
        for element in document.elements
        if words in document.text[element.char_start : element.char_end]
    )


def sections(*titles: str) -> str:
    """Return a text in which prose is below each title."""
    return "".join(f"{title}\n\n{PROSE}\n\n" for title in titles)


@pytest.mark.parametrize(
    "titles",
    [
        ["1. Scope", "2. Term and termination", "3. Fees"],
        ["1. DEFINITIONS.", "2. GRANT OF LICENCE."],
        ["1 Scope", "2 Normative references", "3 Terms"],
        ["1.1 Services", "1.2 Fees"],
        ["1) Opening", "2) Budget"],
        ["I. Introduction", "II. History", "III. Outlook"],
        ["A. Early years", "B. Later years"],
        ["Article 1 – Objet", "Article 2 - Durée", "Article 3"],
        ["ARTICLE IV", "ARTICLE V: PAYMENT"],
        ["Section 2 – Fees", "Section 3 (Term)"],
        ["§ 1 Mietgegenstand", "§ 2 Miete", "§ 3a"],
        ["Artikel 3", "Artikel 4 – Haftung"],
        ["Artículo 1. Objeto", "Artículo 2. Duración"],
        ["Статья 1. Предмет договора", "Статья 2. Плата"],
        ["第1条（目的）", "第2条（期間）"],
        ["第一章 总则", "第二章 附则"],
        ["제1조(목적)", "제2조(기간)"],
        ["一、总则", "二、范围"],
        ["CHAPTER I. Down the Rabbit-Hole", "CHAPTER II"],
        ["Appendix A. Core rules", "Anlage 1: Übergabeprotokoll"],
        ["PREAMBLE", "GENERAL PROVISIONS", "SIGNATURES"],
        ["ВВЕДЕНИЕ", "ОБЩИЕ ПОЛОЖЕНИЯ"],
        ["Title\n=====", "Sub title\n=========="],
        ["=====\nTitle\n====="],
        ["Notes\n-----", "More notes\n~~~~~~~~~~"],
    ],
)
def test_headings_are_found(titles: list[str]):
    assert [title for _, title in outline(sections(*titles))] == [
        title.replace("=====\nT", "T").split("\n")[0] for title in titles
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1. Apples\n\n2. Pears\n\n3. Plums\n\n" + PROSE,
        f"1. Open the lid\n2. Press the button\n3. Close the lid\n\n{PROSE}",
        f"1. Introduction ........... 2\n\n2. Rules .......... 3\n\n{PROSE}",
        f"{PROSE}\n\n3. Mai 2024\n\n{PROSE}",
        f"10 Downing Street\n\n{PROSE}",
        f"Alpha Ltd\n12 Harbour Road\nBERGEN\n\nDear Sir,\n\n{PROSE}\n\nYours,\n\nADA LOVELACE\n",
        f"ERROR disk full\n\n{PROSE}",
        f"PLEASE CLOSE THE DOOR!\n\n{PROSE}",
        f"MAX_SIZE\n\n{PROSE}",
        f"Name    Berth    Fee\n------------------------\nAda     3        40\n\n{PROSE}",
        f"- 3 -\n\n{PROSE}\n\n42\n\n{PROSE}",
        "As is laid down in\nSection 3\nof this agreement, the tenant pays.\n",
        f"Section 3 of this agreement applies to tenants\n\n{PROSE}",
        f"Part of the quay\n\n{PROSE}",
        "ROSES ARE RED\nVIOLETS ARE BLUE\nSUGAR IS SWEET\nAND SO ARE YOU\n",
        "第三条 乙は、甲の承諾なく第三者に委託しない。\n\n第四条 甲は支払う。\n\n" + PROSE,
        f"{PROSE}\n\nTHE END\n",
    ],
)
def test_what_is_no_heading(text: str):
    assert outline(text) == []


CONTRACT = f"""SERVICE AGREEMENT

This agreement is made between Alpha Ltd and Beta GmbH on the first of May.

1. Definitions

1.1 Services

The services are those of the first schedule to this agreement.

1.2 Fees

The fees are those of the second schedule.

2. Term

{PROSE}

EXHIBIT A

The first exhibit lists what is to be delivered.
"""


def test_levels_follow_the_numbers():
    assert outline(CONTRACT) == [
        (1, "SERVICE AGREEMENT"),
        (3, "1. Definitions"),
        (4, "1.1 Services"),
        (4, "1.2 Fees"),
        (3, "2. Term"),
        (2, "EXHIBIT A"),
    ]
    assert path_of(CONTRACT, "second schedule") == (
        "SERVICE AGREEMENT",
        "1. Definitions",
        "1.2 Fees",
    )
    assert path_of(CONTRACT, "first exhibit") == ("SERVICE AGREEMENT", "EXHIBIT A")
    assert parse(CONTRACT.encode(), "a.txt").metadata.title == "SERVICE AGREEMENT"


def test_laws_without_empty_lines():
    law = (
        "§ 1 Mietgegenstand\n(1) Der Vermieter vermietet die Wohnung.\n(2) Sie hat drei Zimmer.\n"
        "\n§ 2 Miete\nDie Miete beträgt nach Maßgabe von\n§ 1 Abs. 2 dieses Vertrags 500 Euro.\n"
    )
    assert [title for _, title in outline(law)] == ["§ 1 Mietgegenstand", "§ 2 Miete"]
    assert path_of(law, "drei Zimmer") == ("§ 1 Mietgegenstand",)
    japanese = "第1条（目的）\n甲が乙に業務を委託する。\n第2条（期間）\n契約の期間は一年とする。\n"
    assert path_of(japanese, "一年") == ("第2条（期間）",)


def test_a_title_and_a_subtitle_are_above_what_follows():
    text = (
        f"INVITATION TO TENDER\nFOR THE NORTH QUAY\n\n{PROSE}\n\nARTICLE I\n\nSCOPE\n\n{PROSE} Two."
    )
    assert path_of(text, "Two.") == (
        "INVITATION TO TENDER FOR THE NORTH QUAY",
        "ARTICLE I",
        "SCOPE",
    )


def test_manual_pages_and_requests_for_comments():
    page = (
        "LS(1)      Commands      LS(1)\n\nNAME\n       ls - list\n\nSYNOPSIS\n       ls [FILE]\n"
    )
    assert [title for _, title in outline(page)] == ["NAME", "SYNOPSIS"]
    body = "   Internet technical specifications define a formal syntax.\n   They are many.\n\n"
    memo = f"Status of This Memo\n\n{body}{body}1.  Introduction\n\n{body}{body}2.  Rules\n\n{body}"
    assert [title for _, title in outline(memo)] == [
        "Status of This Memo",
        "1. Introduction",
        "2. Rules",
    ]


def test_numbers_that_begin_again_are_a_list():
    text = sections("1. Scope", "2. Duties") + "1. Pay the rent\n\nby May, and\n\n" + PROSE
    assert [title for _, title in outline(text)] == ["1. Scope", "2. Duties"]
    annexed = sections("1. Scope", "2. Duties", "ANNEX A", "1. Forms", "2. Fees")
    assert path_of(annexed + "Last words of the second section.", "Last words")[-2:] == (
        "ANNEX A",
        "2. Fees",
    )


def test_an_author_who_underlines_headings_numbers_lists():
    text = sections("Title\n=====", "Steps\n-----", "1. Open the lid", "2. Close it")
    assert [title for _, title in outline(text)] == ["Title", "Steps"]


@given(
    st.lists(
        st.sampled_from(
            ["1. A", "1.1 Bc", "ARTICLE I", "TITLE HERE", "§ 3", "===", "---", "- item", PROSE, "", "  in",
             "第1条", "I. One", "lower case"]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_every_line_is_in_one_element(parts: list[str]):
    text = "\n".join(parts)
    if text.strip():
        document = parse(text.encode(), "a.txt")
        spans = [(e.char_start, e.char_end) for e in document.elements]
        assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
        inside = "".join(text[start:end] for start, end in spans)
        assert "".join(inside.split()) == "".join(text.split())
