"""Inline markup: emphasis, literals, references, footnotes and substitutions."""

import pytest

from tests.parsers.rst.rst_text import rst


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
def test_inline_markup_becomes_its_text(text: str, expected: str):
    assert rst(text).text == expected


def test_nested_substitutions_do_not_grow_exponentially():
    lines = [f".. |a{number}| replace:: " + f"|a{number + 1}| " * 10 for number in range(30)]
    assert len(rst("\n".join(lines) + "\n\n|a0|").text) < 10_000_000


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (
            "`A b <https://c.d>`_ and `e <f/g.html>`__.",
            [("A b", "https://c.d"), ("e", "f/g.html")],
        ),
        (
            "known_, `Other name`_ and x__\n\n.. _known: https://a.b\n.. _other name: known_\n"
            "__ https://c.d",
            [("known", "https://a.b"), ("Other name", "https://a.b"), ("x", "https://c.d")],
        ),
        (
            "See https://a.b/c, <d@e.f> and info:none.",
            [("https://a.b/c", "https://a.b/c"), ("d@e.f", "mailto:d@e.f")],
        ),
        (
            ":pep:`8`, :rfc:`the mail <2822>`",
            [
                ("PEP 8", "https://peps.python.org/pep-0008"),
                ("the mail", "https://tools.ietf.org/html/rfc2822.html"),
            ],
        ),
        ("|a|_\n\n.. |a| replace:: A *b*\n.. _a: https://c.d", [("A b", "https://c.d")]),
        (
            ".. image:: a.png\n   :alt: picture\n   :target: https://b.c",
            [("picture", "https://b.c")],
        ),
        (
            "`T <https://a.b>`_\n==================\n\n- x https://c.d\n\n| `e <https://f.g>`_",
            [("T", "https://a.b"), ("https://c.d", "https://c.d"), ("e", "https://f.g")],
        ),
        (
            "== ==\na  `b <c.html>`_\nd  - `e <f.html>`_\n== ==",
            [("b", "c.html"), ("e", "f.html")],
        ),
        (".. toctree::\n\n   Home <https://a.b>\n   page", [("Home", "https://a.b")]),
        ("PEP: 1\nPost-History: `May <https://a.b>`__\n\nText.", [("May", "https://a.b")]),
        ("`Part`_ and unknown_\n\nPart\n----\n\nx", []),
    ],
)
def test_links_keep_where_they_lead_to(text: str, links: list[tuple[str, str]]):
    document = rst(text)
    assert [
        (document.text[link.char_start : link.char_end], link.target) for link in document.links
    ] == links


def test_a_paragraph_of_thousands_of_links_is_read():
    assert len(rst("https://a.b/c " * 3_000).links) == 3_000
