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
