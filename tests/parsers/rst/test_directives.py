"""Directives and roles: what a reader of the rendered page sees, without markup."""

import pytest

from tests.parsers.rst.rst_text import rst
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected


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
        (
            ".. rst:role:: colour\n\n   It paints a word.\n\n   Red.",
            "colour\n\nIt paints a word.\n\nRed.",
        ),
        (".. rst:directive:: paint\n\n   It paints a block.", "paint\n\nIt paints a block."),
        (
            ".. rst:directive:option:: size: number\n   :type: count\n\n   How big.",
            "size: number\n\nType: count\n\nHow big.",
        ),
        (".. made:up:: f(x)\n\n   Body.", "f(x)\n\nBody."),
        (".. c:namespace:: gone\n\nText.", "Text."),
        (".. role:: gone(raw)\n   :format: html\n\nText.", "Text."),
        (".. confval:: size\n   :default: ``3``\n\n   How big.", "size\n\nDefault: 3\n\nHow big."),
        # Options that docutils does not know, or values that it refuses, cost no text.
        (".. list-table:: T\n   :width: wide\n\n   * - a\n     - b", "T\n\n  - a\n  - b"),
        (".. csv-table:: T\n   :made-up: x\n   :header: A, B\n\n   a, b", "T\n\nA, B\na, b"),
        (".. note::\n   :made-up: x\n\n   Mind.", "Note\nMind."),
        (".. only:: html\n\n   Part\n   ----\n\n   Shown.", "Part\n\nShown."),
        (".. code-tab:: py\n\n   if x:\n       y", "if x:\n    y"),
        (".. grid:: 1 2\n\n   Body.", "Body."),
        (".. literalinclude:: gone.py\n   :caption: The file\n\nText.", "The file\n\nText."),
        (".. header:: Top *line*", "Top line"),
        ("Text.\n\n  Quoted.\n\n  -- Somebody", "Text.\n\nQuoted.\n\nSomebody"),
        ("A ``literal | bar``.", "A literal | bar."),
        ("|today| is a substitution\n\n.. |today| replace:: Monday", "Monday is a substitution"),
    ],
)
def test_roles_and_directives_become_text_without_their_markup(text: str, expected: str):
    shown = rst(text).text
    assert expected in shown
    assert not [
        markup for markup in ("::", "comment", "gone", ":async:", "special") if markup in shown
    ]


def test_a_document_does_not_depend_on_those_read_before_it():
    plain = ":c:`<b>` `x` |s|"
    alone = rst(plain)
    rst(".. role:: c(raw)\n   :format: html\n\n.. default-role:: pep\n\n.. |s| replace:: x")
    assert rst(plain) == alone
    assert alone.text == "<b> x |s|"


def test_nothing_is_printed_about_a_malformed_document(capfd: pytest.CaptureFixture[str]):
    rst("Title\n==\n\n*a `b |c\n\n.. note::\n\n.. _a: b_\n.. _b: a_\n\n   x\n\n=====\n")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        ".. include:: /etc/passwd\n\nText.",
        ".. raw:: html\n   :file: /etc/passwd\n\nText.",
        ".. csv-table:: T\n   :file: /etc/passwd\n\nText.",
        ".. figure:: /etc/passwd\n   :figwidth: image\n\n   Text.",
        ".. literalinclude:: /etc/passwd\n\nText.",
    ],
)
def test_no_other_file_is_read(text: str):
    try:
        assert "root:" not in rst(text).text
    except DocumentRejected as rejected:
        assert rejected.reason == Reason.MALFORMED
