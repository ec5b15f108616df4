"""reStructuredText: roles and directives as a reader sees them, the fields of a PEP, tables and literal blocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.base import Hint
from parsers.rst import parse
from schemas.errors import DocumentRejected
from schemas.records import Document, ElementType, Reason
from tests.parsers.pandoc_documents import pieces, rows
from tests.parsers.proofs import prove


def rst(text: str) -> Document:
    return parse(text.encode(), Hint("a.rst", "text/x-rst"))


def test_nested_lists_and_heading_paths():
    document = rst("A\n=\n\nB\n-\n\n* one\n\n  * two\n\nC\n-\n\ntext\n\nD\n=\n\nend\n")
    assert pieces(document, ElementType.LIST_ITEM) == ["- one", "  - two"]
    paths = {document.text[e.char_start : e.char_end]: e.heading_path for e in document.elements}
    assert paths["text"] == ("A", "C")
    assert paths["end"] == ("D",)


def test_the_fields_of_a_pep_are_its_metadata_and_can_be_searched():
    document = rst(
        "PEP: 8\nTitle: Style Guide\nAuthor: Guido <g@example.org>,\n        Barry\nCreated: 05-Jul-2001\n\n\nIntro\n=====\n\nText.\n"
    )
    assert document.metadata.title == "Style Guide"
    assert document.metadata.author == "Guido <g@example.org>, Barry"
    assert document.metadata.created is not None
    assert document.metadata.created.year == 2001
    assert dict(document.metadata.extra) == {"pep": "8"}
    assert document.text.startswith("PEP: 8\nTitle: Style Guide\nAuthor: Guido <g@example.org>, Barry\n")
    assert document.text.endswith("\n\nIntro\n\nText.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See :pep:`8` and :rfc:`2822`.", "See PEP 8 and RFC 2822."),
        ("Use :func:`~os.path.join` or :class:`!Set`.", "Use join or Set."),
        ("Read :ref:`the other part <part>`.", "Read the other part."),
        ("Unknown :whatever:`role text` stays.", "Unknown role text stays."),
        (".. note:: Mind the gap.", "Note\nMind the gap."),
        (".. admonition:: My *own*\n\n   Mind.", "My own\nMind."),
        (".. seealso:: The rest.", "See also\nThe rest."),
        (".. versionadded:: 3.2\n   It is new.", "New in version 3.2: It is new."),
        (".. versionchanged:: 3.2\n\n   It is other.", "Changed in version 3.2: It is other."),
        (".. deprecated:: 3.3", "Deprecated since version 3.3"),
        (
            ".. py:method:: A.b(*args, **kw)\n               A.c_(`x`)\n   :async:\n\n   Does it.",
            "A.b(*args, **kw)\nA.c_(`x`)\n\nDoes it.",
        ),
        (".. class:: deque([iterable])\n\n   A queue.", "deque([iterable])\n\nA queue."),
        (".. class:: special\n\nText.", "Text."),
        (".. option:: -a <x>, --all\n\n   Takes all.", "-a <x>, --all\n\nTakes all."),
        (".. c:function:: int f(char *s)\n\n   Body.", "int f(char *s)\n\nBody."),
        (".. only:: html\n\n   Shown.\n\n.. index:: single: gone\n\n.. highlight:: gone", "Shown."),
        (".. toctree::\n   :caption: All\n\n   intro\n   The use <use/it>", "All\n\n- intro\n- The use"),
        (".. literalinclude:: gone.py\n\nText.", "Text."),
        (".. code-block:: python\n   :caption: app.py\n\n   x = 1", "app.py\n\nx = 1"),
        (".. productionlist:: group\n   a: `b` | c", "a: `b` | c"),
        ("Text.\n\n>>> f('a_', *b)\n  'c'\n\nMore.", "Text.\n\n>>> f('a_', *b)\n  'c'\n\nMore."),
        ("- item\n\n  >>> 1\n  1\n", "- item\n\n>>> 1\n1"),
        ("Text\n  >>> quoted", ">>> quoted"),
        ("term [#a]_\n  meaning [#b]_\n\n.. [#a] first\n.. [#b] second", "term: meaning\n\nfirst\n\nsecond"),
        (".. made-up-directive:: with an argument\n\n   and a body", "and a body"),
        (".. this is a comment\n\nText.", "Text."),
        ("A ``literal | bar``.", "A literal | bar."),
        ("|today| is a substitution\n\n.. |today| replace:: Monday", "Monday is a substitution"),
    ],
)
def test_roles_and_directives_become_text_not_noise(text: str, expected: str):
    found = rst(text).text
    assert expected in found
    assert not [noise for noise in ("::", "comment", "gone", ":async:", "special") if noise in found]


def test_the_fields_below_a_title_are_metadata_and_stay_in_the_text():
    document = rst("Title\n=====\n\nSubtitle\n--------\n\n:Author: Ada\n:Version: 2\n:orphan:\n\nText.")
    assert (document.metadata.title, document.metadata.author) == ("Title", "Ada")
    assert dict(document.metadata.extra) == {"version": "2"}
    assert document.text == "Title\n\nSubtitle\n\nAuthor: Ada\n\nVersion: 2\n\nText."


def test_literal_blocks_keep_what_looks_like_directives():
    literal = ">>> 1\n\n.. py:function:: f()\n\n   .. doctest::"
    indented = literal.replace("\n", "\n   ")
    document = rst(f"Text::\n\n   {indented}\n\nEnd.")
    assert pieces(document, ElementType.CODE) == [literal]
    assert pieces(document, ElementType.PARAGRAPH) == ["Text:", "End."]


def test_cells_that_span_keep_the_others_in_their_columns():
    table = """
+---+---+---+
| A | B | C |
+===+===+===+
| t | wide  |
|   +---+---+
|   | e | f |
+---+---+---+
"""
    document = rst(table)
    assert rows(document) == [["A", "B", "C"], ["t", "wide", ""], ["t", "e", "f"]]


def test_links_in_the_fields_of_a_pep_are_their_words():
    document = rst("PEP: 8\nPost-History: `1-May-2020 <https://example.org/a>`__,\n   `2-May-2020 <b>`_\n\nText.\n")
    assert dict(document.metadata.extra)["post-history"] == "1-May-2020, 2-May-2020"
    assert "Post-History: 1-May-2020, 2-May-2020" in document.text


@pytest.mark.parametrize("text", [".. include:: /etc/passwd\n\nText.", ".. raw:: html\n   :file: /etc/passwd\n\nText."])
def test_no_other_file_is_read(text: str):
    try:
        assert "root:" not in rst(text).text
    except DocumentRejected as rejected:
        assert rejected.reason == Reason.MALFORMED


@settings(max_examples=25)
@given(text=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_text_is_read_or_rejected_and_spans_hold(text: str):
    try:
        document = rst(text)
    except DocumentRejected:
        return
    prove(document)
