"""Directives and roles: what a reader of the rendered page sees, without markup."""

import pytest

from tests.parsers.rst.rst_text import rst
from vouch.parsers.rst.directive_names import HANDLERS, LITERAL_ARGUMENT, OBJECT_DESCRIPTIONS
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Reason


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
def test_roles_and_directives_become_text_without_their_markup(text: str, expected: str):
    shown = rst(text).text
    assert expected in shown
    assert not [
        markup for markup in ("::", "comment", "gone", ":async:", "special") if markup in shown
    ]


def test_no_directive_has_two_meanings():
    assert not OBJECT_DESCRIPTIONS & HANDLERS.keys()
    assert HANDLERS.keys() >= LITERAL_ARGUMENT


@pytest.mark.parametrize(
    "text", [".. include:: /etc/passwd\n\nText.", ".. raw:: html\n   :file: /etc/passwd\n\nText."]
)
def test_no_other_file_is_read(text: str):
    try:
        assert "root:" not in rst(text).text
    except DocumentRejected as rejected:
        assert rejected.reason == Reason.MALFORMED
