"""What pandoc reads: reStructuredText and Org as text, ODT, EPUB and RTF made by pandoc itself from one document."""

import subprocess
import zipfile
from io import BytesIO

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.base import Hint
from parsers.pandoc import parse
from schemas.errors import DocumentRejected
from schemas.records import Document, ElementType, Reason

RST = "text/x-rst"
MEDIA_TYPES = {
    "rst": RST,
    "org": "text/x-org",
    "rtf": "text/rtf",
    "epub": "application/epub+zip",
    "odt": "application/vnd.oasis.opendocument.text",
}
MARKDOWN = """---
title: The Handbook
author: Ada Lovelace
lang: en-GB
---

# Leave

Parents get *twenty* weeks[^1] — see [the law](https://example.org).

- first
    - nested
- second

> quoted words

```python
x = 1
```

| name | age |
|------|-----|
| Ada  | 36  |

[^1]: Paid in full.
"""


def rst(text: str) -> Document:
    return parse(text.encode(), Hint("a.rst", RST))


def made(form: str) -> bytes:
    command = [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", form, "-s", "-o", "-"]
    return subprocess.run(command, input=MARKDOWN.encode(), capture_output=True, check=True).stdout


def pieces(document: Document, kind: ElementType) -> list[str]:
    return [document.text[e.char_start : e.char_end] for e in document.elements if e.type is kind]


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_each_format_keeps_what_it_says(form: str):
    document = parse(made(form), Hint(f"a.{form}", MEDIA_TYPES[form]))
    assert "Leave" in pieces(document, ElementType.TITLE)
    assert "Parents get twenty weeks" in document.text
    assert "Paid in full." in document.text
    assert {"first", "nested", "second"} <= {item.strip(" -–•") for item in document.text.split("\n")}
    assert "https://example.org" not in document.text
    assert any("x = 1" in document.text[e.char_start : e.char_end] for e in document.elements)
    (table,) = [e for e in document.elements if e.table] or [None]
    assert table is not None
    rows = [[document.text[a:b] for a, b in row] for row in table.table.rows]
    assert rows == [["name", "age"], ["Ada", "36"]]
    if form != "rtf":
        assert (document.metadata.title, document.metadata.author) == ("The Handbook", "Ada Lovelace")


def test_rtf_keeps_emoji_and_footnotes_and_is_told_broken_where_a_note_does_not_end():
    note = rb"{\footnote \pard\plain {\super \chftn} The {\i note}.}"
    document = parse(
        rb"{\rtf1\ansi One" + note + rb" \u-10179?\u-8704?x \u-10179\'3f\u-8704\'3f y.\par Two.\par}", Hint("a.rtf", "text/rtf")
    )
    assert document.text == "One 😀x 😀 y.\n\nTwo.\n\nThe note."
    with pytest.raises(DocumentRejected, match="malformed"):
        parse(rb"{\rtf1 a{\footnote unclosed", Hint("a.rtf", "text/rtf"))


def test_rows_of_rtf_that_share_a_definition_are_rows():
    table = rb"{\rtf1 {\trowd\cellx1\cellx2\pard\intbl a\cell b\cell\row\pard\intbl c\cell d\cell\row}\pard End.\par}"
    assert parse(table, Hint("a.rtf", "text/rtf")).text == "a | b\nc | d\n\nEnd."


def test_org_keeps_formulas_and_drops_what_only_org_reads():
    text = "* Head\n\\begin{align}\na &= b\n\\end{align}\n\n| a | b |\n#+TBLFM: $2=1\n\n#+FILETAGS: :x:\n"
    document = parse(text.encode(), Hint("a.org", "text/x-org"))
    assert document.text == "Head\n\n\\begin{align}\na &= b\n\\end{align}\n\na | b"


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
    (element,) = document.elements
    assert element.table is not None
    assert [[document.text[a:b] for a, b in row] for row in element.table.rows] == [
        ["A", "B", "C"],
        ["t", "wide", ""],
        ["", "e", "f"],
    ]


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


@pytest.mark.parametrize("form", ["odt", "epub"])
def test_what_is_broken_is_told_as_such(form: str):
    with pytest.raises(DocumentRejected) as raised:
        parse(made(form)[:-200], Hint(f"a.{form}", MEDIA_TYPES[form]))
    assert raised.value.reason == Reason.MALFORMED


def test_a_bomb_is_refused_before_pandoc_sees_it():
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MEDIA_TYPES["odt"])
        archive.writestr("content.xml", b" " * 300_000_000)
    with pytest.raises(DocumentRejected) as raised:
        parse(data.getvalue(), Hint("a.odt", MEDIA_TYPES["odt"]))
    assert raised.value.reason == Reason.UNSAFE


@settings(max_examples=25)
@given(text=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_text_is_read_or_rejected_and_spans_hold(text: str):
    try:
        document = rst(text)
    except DocumentRejected:
        return
    end = 0
    for element in document.elements:
        assert end <= element.char_start < element.char_end <= len(document.text)
        assert not document.text[end : element.char_start].strip()
        end = element.char_end
