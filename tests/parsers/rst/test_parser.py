"""Whole documents: metadata, and text that no construct may lose or choke on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.proofs import elements_of, prove
from tests.parsers.rst.rst_text import rst
from vouch.schemas.documents.records import ElementType
from vouch.schemas.errors import DocumentRejected


def test_the_preamble_of_a_pep_is_metadata_and_text():
    document = rst(
        "PEP: 8\nTitle: Style Guide\nAuthor: Guido <g@example.org>,\n        Barry\n"
        "Created: 05-Jul-2001\n\n\nIntro\n=====\n\nText.\n"
    )
    assert document.metadata.title == "Style Guide"
    assert document.metadata.author == "Guido <g@example.org>, Barry"
    assert document.metadata.created is not None
    assert document.metadata.created.year == 2001
    assert dict(document.metadata.extra) == {"pep": 8}
    assert document.text.startswith(
        "PEP: 8\nTitle: Style Guide\nAuthor: Guido <g@example.org>, Barry\n"
    )
    assert document.text.endswith("\n\nIntro\n\nText.")


def test_links_in_the_preamble_of_a_pep_are_replaced_by_their_titles():
    document = rst(
        "PEP: 8\nPost-History: `1-May-2020 <https://example.org/a>`__,\n"
        "   `2-May-2020 <b>`_\n\nText.\n"
    )
    assert dict(document.metadata.extra)["post-history"] == "1-May-2020, 2-May-2020"
    assert "Post-History: 1-May-2020, 2-May-2020" in document.text


def test_fields_below_the_title_are_metadata_and_stay_in_the_text():
    document = rst(
        "Title\n=====\n\nSubtitle\n--------\n\n:Author: Ada\n:Version: 2\n:orphan:\n\nText."
    )
    assert (document.metadata.title, document.metadata.author) == ("Title", "Ada")
    assert dict(document.metadata.extra) == {"version": 2}
    assert document.text == "Title\n\nSubtitle\n\nAuthor: Ada\n\nVersion: 2\n\nText."


@pytest.mark.parametrize(
    ("field", "author", "year"),
    [
        (":Author: A. B. Lovelace <a@b.c>", "A. B. Lovelace <a@b.c>", None),
        (":Author: `Ada <https://a.b>`_\n:Date: 2020-01-02", "Ada", 2020),
        (":Date: $Date: 2021-01-02 03:04:05 +0000 (Sat, 02 Jan 2021) $", None, 2021),
        (":Date: $Date$", None, None),
    ],
)
def test_author_and_date_as_docutils_own_documents_write_them(
    field: str, author: str | None, year: int | None
):
    metadata = rst(f"Title\n=====\n\n{field}\n\nText.").metadata
    assert metadata.author == author
    assert (metadata.created and metadata.created.year) == year


_WORDS = st.integers(0, 10**6).map(lambda number: f"w{number}")
_INLINE = (
    "{}",
    "*{}*",
    "**{}**",
    "``{}``",
    "`{}`",
    ":role:`{}`",
    "`{} <t>`_",
    "({})",
    "\\ *{}*\\ ,",
    "|{}|",
)
_BLOCKS = (
    "{}",
    "{}\n====",
    "- {}",
    "2. {}",
    ":{}: x",
    "x\n  {}",
    "::\n\n  {}",
    ".. note:: {}",
    ".. made-up:: x\n   :y: z\n\n   {}",
    ".. [#] {}",
    "| {}",
    ">>> {}",
    "== ==\na  {}\n== ==",
)


@settings(max_examples=50)
@given(
    blocks=st.lists(
        st.tuples(
            st.sampled_from(_BLOCKS),
            st.integers(0, 3),
            st.lists(st.tuples(st.sampled_from(_INLINE), _WORDS), min_size=1, max_size=4),
        ),
        max_size=12,
    )
)
def test_no_word_is_lost_in_any_combination_of_constructs(
    blocks: list[tuple[str, int, list[tuple[str, str]]]],
):
    written = []
    for form, depth, words in blocks:
        block = form.format(" ".join(inline.format(word) for inline, word in words))
        written.append("\n".join("  " * depth + line for line in block.split("\n")))
    document = rst("\n\n".join(written))
    prove(document)
    # Fields above the title are metadata.
    kept = document.text + str(document.metadata.extra)
    assert all(word in kept for _, _, words in blocks for _, word in words)


_MARKUP_CHARACTERS = st.text(alphabet="*`|_:.-=+<>[]#\\(1a \n\n\t", max_size=200)
_ANY_CHARACTERS = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200)


@settings(max_examples=50)
@given(text=_MARKUP_CHARACTERS)
def test_any_sequence_of_markup_characters_is_read(text: str):
    prove(rst(text))


@settings(max_examples=25)
@given(text=_ANY_CHARACTERS)
def test_any_text_is_read_or_rejected_and_spans_are_right(text: str):
    try:
        document = rst(text)
    except DocumentRejected:
        return
    prove(document)


@pytest.mark.parametrize(
    "piece",
    [
        "*a ",
        "``a ",
        "`a <b ",
        "a_",
        ":a:`",
        "|a",
        "[1]_ ",
        "- ",
        "\\",
        "(",
        "_`a ",
        "+-",
        "== ==\n",
        ".. _a:",
        "-a, ",
        " \n x\n",
    ],
)
def test_a_construct_begun_5_000_times_and_never_ended_is_read(piece: str):
    prove(rst(f"Begin\n\n{piece * 5_000}\n\nend"))


def test_300_levels_of_nesting_keep_their_words():
    document = rst("\n\n".join(" " * depth + f"d{depth}" for depth in range(300)))
    assert all(f"d{depth}" in document.text for depth in range(300))


def test_a_chain_of_2_000_footnotes_is_written_once():
    chain = "\n\n".join(
        f".. [#n{number}] - w{number}\n\n   [#n{number + 1}]_" for number in range(2_000)
    )
    assert rst(f"x [#n0]_\n\n{chain}").text.count("w1999") == 1


def test_a_chain_of_2_000_names_costs_its_links_only():
    chain = "\n".join(f".. _a{number}: a{number + 1}_" for number in range(2_000))
    assert rst(f"{chain}\n\nSee a0_.").text.startswith("See a0")


def test_fields_above_the_title_are_metadata_and_not_searched() -> None:
    page = ":title: The pier\n:author: Mary\n:weight: 30\n:orphan:\n\nThe pier\n========\n\nLong.\n"
    document = rst(page)
    assert elements_of(document) == [
        (ElementType.TITLE, "The pier"),
        (ElementType.PARAGRAPH, "Long."),
    ]
    assert (document.metadata.title, document.metadata.author) == ("The pier", "Mary")
    assert ("weight", 30) in document.metadata.extra
    assert [(row.kind, row.pieces) for row in document.left_out] == [("metadata", 1)]


def test_sentences_in_fields_above_the_title_are_searched() -> None:
    page = ":abstract: The pier is long, and this page says why.\n\nThe pier\n========\n\nLong.\n"
    assert "this page says why." in rst(page).text
