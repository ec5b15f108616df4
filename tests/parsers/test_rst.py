"""reStructuredText: roles and directives as a reader sees them, the fields of a PEP, tables and literal blocks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.pandoc_documents import pieces, rows
from tests.parsers.proofs import prove
from vouch.parsers.base import Hint
from vouch.parsers.rst.parser import parse
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Document, ElementType, Reason


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
    assert document.text.startswith(
        "PEP: 8\nTitle: Style Guide\nAuthor: Guido <g@example.org>, Barry\n"
    )
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
        (
            ".. toctree::\n   :caption: All\n\n   intro\n   The use <use/it>",
            "All\n\n- intro\n- The use",
        ),
        (".. literalinclude:: gone.py\n\nText.", "Text."),
        (".. code-block:: python\n   :caption: app.py\n\n   x = 1", "app.py\n\nx = 1"),
        (".. productionlist:: group\n   a: `b` | c", "a: `b` | c"),
        ("Text.\n\n>>> f('a_', *b)\n  'c'\n\nMore.", "Text.\n\n>>> f('a_', *b)\n  'c'\n\nMore."),
        ("- item\n\n  >>> 1\n  1\n", "- item\n\n>>> 1\n1"),
        ("Text\n  >>> quoted", ">>> quoted"),
        (
            "term [#a]_\n  meaning [#b]_\n\n.. [#a] first\n.. [#b] second",
            "term: meaning\n\nfirst\n\nsecond",
        ),
        (".. made-up-directive:: with an argument\n\n   and a body", "and a body"),
        (".. this is a comment\n\nText.", "Text."),
        ("A ``literal | bar``.", "A literal | bar."),
        ("|today| is a substitution\n\n.. |today| replace:: Monday", "Monday is a substitution"),
    ],
)
def test_roles_and_directives_become_text_not_noise(text: str, expected: str):
    found = rst(text).text
    assert expected in found
    assert not [
        noise for noise in ("::", "comment", "gone", ":async:", "special") if noise in found
    ]


def test_the_fields_below_a_title_are_metadata_and_stay_in_the_text():
    document = rst(
        "Title\n=====\n\nSubtitle\n--------\n\n:Author: Ada\n:Version: 2\n:orphan:\n\nText."
    )
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
    document = rst(
        "PEP: 8\nPost-History: `1-May-2020 <https://example.org/a>`__,\n   `2-May-2020 <b>`_\n\nText.\n"
    )
    assert dict(document.metadata.extra)["post-history"] == "1-May-2020, 2-May-2020"
    assert "Post-History: 1-May-2020, 2-May-2020" in document.text


@pytest.mark.parametrize(
    "text", [".. include:: /etc/passwd\n\nText.", ".. raw:: html\n   :file: /etc/passwd\n\nText."]
)
def test_no_other_file_is_read(text: str):
    try:
        assert "root:" not in rst(text).text
    except DocumentRejected as rejected:
        assert rejected.reason == Reason.MALFORMED


def test_titles_have_the_rank_in_which_their_adornments_come():
    document = rst("=====\nTop\n=====\n\nA\n=\n\nB\n~\n\n----\n\nC\n=\n\nno title\n-\n")
    titles = [
        (e.level, document.text[e.char_start : e.char_end]) for e in document.elements if e.level
    ]
    assert titles == [(1, "Top"), (2, "A"), (3, "B"), (2, "C")]
    assert document.text.endswith("no title -")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*a* **b** ``c  *d*`` `e` x*y*z 2*3*4 '*' **kw", "a b c *d* e x*y*z 2*3*4 '*' **kw"),
        (
            "re\\ *Struct*\\ ured, \\*not\\* a ``\\d``, C:\\\\dir",
            "reStructured, *not* a \\d, C:\\dir",
        ),
        ("`A <b>`_, `c`__, `<https://d.e>`_ and _`f`.", "A, c, https://d.e and f."),
        (
            "known_ and unknown_, __init__, a_b\n\n.. _known: https://a.b",
            "known and unknown_, __init__, a_b",
        ),
        ("other__ and Some-name_\n\n__ https://a.b\n\n.. _some-name:", "other and Some-name"),
        (":class:`a.B` `c`:sup: :file:`~/d` :opt:`X_<Y>` :ref:`e<f>`", "a.B c ~/d X_<Y> e"),
        (
            "|a|, |b|, |c|\n\n.. |a| image:: x.png\n   :alt: picture\n.. |b| unicode:: 0xA9 .. sign",
            "picture, ©, |c|",
        ),
        ("|a|\n\n.. |a| replace:: x |b|\n.. |b| replace:: *y* |a|", "x y |a|"),
        (
            "One [1]_, two [2]_ and [CIT]_.\n\n.. [CIT] A book.\n.. [1] first",
            "One, two [2] and [CIT].\n\nfirst\n\n[CIT] A book.",
        ),
        (
            "a [#]_ b [#]_\n\n.. [#] c\n.. [#] d [#x]_\n.. [#x] e\n.. [9] f",
            "a b\n\nc\n\nd\n\ne\n\nf",
        ),
    ],
)
def test_inline_markup(text: str, expected: str):
    assert rst(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n  b\n\n  c\n\n  * d\n\n- e", "- a b\n\nc\n\n  - d\n- e"),
        ("1. a\n2. b\n\n(a) c\n\nii) d\n\n#. e", "- a\n- b\n- c\n- d\n- e"),
        ("3. is not\na list, nor is\nM. Doe", "3. is not a list, nor is M. Doe"),
        ("-   a\n  b", "- a b"),
        ("- term\n    meaning", "- term: meaning"),
        ("term : kind\n  meaning\n\n  more", "term : kind: meaning\n\nmore"),
        (":a b: c\n  d\n:e: f", "a b: c d\n\ne: f"),
        ("-a, --all=x  all\n/V\n    version", "-a, --all=x: all\n\n/V: version"),
        ("| a\n|   b\n  c\n|\n| d", "a\nb c\n\nd"),
        ("Text\n\n  quoted\n\n    deeper", "Text\n\nquoted\n\ndeeper"),
        ("Text::\n\n> a\n> b\n\nEnd", "Text:\n\n> a\n> b\n\nEnd"),
        ("Text ::\n\n    a\n\n      b\n\n::\n\n  c", "Text\n\na\n\n  b\n\nc"),
        (
            ".. figure:: a.png\n   :alt: what is\n     seen\n\n   Caption\n\n   Legend",
            "what is seen\n\nCaption\n\nLegend",
        ),
        (".. topic:: Title\n\n   Text", "Title\nText"),
        (".. tab:: Linux\n\n   - a", "Linux\n\n- a"),
        (".. math:: x_1\n\n.. parsed-literal::\n\n   *a*\n     b", "x_1\n\na\n  b"),
        (".. raw:: html\n\n   <p>a <b>b</b></p>\n\n.. raw:: latex\n\n   \\x", "a b\n\n\\x"),
        ("a\n\n..\n\n  b\n\n.. c\n\n   d\n\n..\n   e\n\nf", "a\n\nb\n\nf"),
        (".. glossary::\n\n   a\n     b", "a: b"),
        ("a\tb\n\n\tc", "a b\n\nc"),
    ],
)
def test_blocks(text: str, expected: str):
    assert rst(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected", "header_rows"),
    [
        (
            "== ==\nA  B\n== ==\na  b\n   c\n\n\\  d\n== ==",
            [["A", "B"], ["a", "b c"], ["", "d"]],
            1,
        ),
        (
            "==  ==  ==\nA   B\n--  ------\na   b   c d\n==  ==  ==",
            [["A", "B", ""], ["a", "b", "c d"]],
            0,
        ),
        ("====  ==\n漢字  *b*\n====  ==", [["漢字", "b"]], 0),
        ("+----+---+\n| 漢 | b |\n|    | c |\n+----+---+", [["漢", "b c"]], 0),
        (
            ".. list-table:: Said\n   :header-rows: 1\n\n   * - A\n     - B\n   * - a\n     - b",
            [["A", "B"], ["a", "b"]],
            1,
        ),
        ('.. csv-table::\n   :header: A, "B"\n\n   "a, b", ``c``', [["A", "B"], ["a, b", "c"]], 1),
    ],
)
def test_tables(text: str, expected: list[list[str]], header_rows: int):
    document = rst(text)
    assert rows(document) == expected
    assert [element.table.header_rows for element in document.elements if element.table] == [
        header_rows
    ]


@pytest.mark.parametrize(
    "text",
    [
        "+---+---+\n| a | b |\n+---+",
        "+---+---+\n| a     |\n+---+---+\n| c | d\n+---+---+",
        "== ==\nab cd\nabcde\n== ==",
    ],
)
def test_a_table_that_does_not_close_stays_as_it_is_written(text: str):
    document = rst(text)
    assert document.text == text
    assert [element.type for element in document.elements] == [ElementType.CODE]


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


@given(
    blocks=st.lists(
        st.tuples(
            st.sampled_from(_BLOCKS),
            st.integers(0, 3),
            st.lists(st.tuples(st.sampled_from(_INLINE), _WORDS), min_size=1),
        )
    )
)
def test_no_word_is_lost(blocks: list[tuple[str, int, list[tuple[str, str]]]]):
    written = []
    for form, depth, words in blocks:
        block = form.format(" ".join(inline.format(word) for inline, word in words))
        written.append("\n".join("  " * depth + line for line in block.split("\n")))
    document = rst("\n\n".join(written))
    prove(document)
    assert all(word in document.text for _, _, words in blocks for _, word in words)


_SIGNS = st.text(alphabet="*`|_:.-=+<>[]#\\(1a \n\n\t", max_size=200)


@given(text=_SIGNS)
def test_whatever_its_signs_say_it_is_read(text: str):
    prove(rst(text))


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
def test_signs_by_the_ten_thousand_are_read(piece: str):
    prove(rst(f"Begin\n\n{piece * 20_000}\n\nend"))


def test_what_is_nested_too_deeply_and_what_refers_on_and_on_keeps_its_words():
    deep = "\n\n".join(" " * depth + f"d{depth}" for depth in range(300))
    chain = "\n\n".join(
        f".. [#n{number}] - w{number}\n\n   [#n{number + 1}]_" for number in range(2_000)
    )
    document = rst(f"{deep}\n\nx [#n0]_\n\n{chain}")
    assert all(f"d{depth}" in document.text for depth in range(300))
    assert document.text.count("w1999") == 1


def test_substitutions_do_not_swell():
    lines = [f".. |a{number}| replace:: " + f"|a{number + 1}| " * 10 for number in range(30)]
    assert len(rst("\n".join(lines) + "\n\n|a0|").text) < 10_000_000


@settings(max_examples=25)
@given(text=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_text_is_read_or_rejected_and_spans_hold(text: str):
    try:
        document = rst(text)
    except DocumentRejected:
        return
    prove(document)
