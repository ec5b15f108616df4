"""Raised and lowered characters: numbers stay as they are, in every format that has them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.parsers.common.text.scripts import lowered, raised
from vouch.parsers.registry import parse


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>6</sup> ships", "10^6 ships"),
        ("10<sup>12</sup> ships", "10^{12} ships"),
        ("10<sup>−6</sup> m", "10^{−6} m"),
        ("40 m<sup>2</sup>.", "40 m^2."),
        ("2<sup>n</sup> ways", "2^n ways"),
        ("(a+b)<sup>2</sup>", "(a+b)^2"),
        ("CO<sub>2</sub>, C<sub>6</sub>H<sub>12</sub>O<sub>6</sub>", "CO2, C6H12O6"),
        ("<sup>238</sup>U and <sup>14</sup>C", "238U and 14C"),
        ("1,234<sup><a href='#n5'>5</a></sup> crowns", "1,234[5] crowns"),
        ("1,234<a href='#n5'><sup>5</sup></a> crowns", "1,234[5] crowns"),
        ("1,234<sup>5</sup> crowns", "1,234^5 crowns"),
        ("ships<sup class=reference><a href='#c1'>[1]</a></sup>", "ships[1]"),
        ("ships<sup class=footnote>*</sup>", "ships*"),
        ("Ca<sup>2+</sup>, SO<sub>4</sub><sup>2−</sup>", "Ca^{2+}, SO4^{2−}"),
        ("21<sup>st</sup>, 1<sup>er</sup>, N<sup>o</sup>", "21st, 1er, No"),
        ("Rope<sup>TM</sup>, Rope<sup>®</sup>", "RopeTM, Rope®"),
        ("3<sup>1</sup>/<sub>2</sub> inch", "3 1/2 inch"),
        ("3<sup>1</sup>&frasl;<sub>2</sub> inch", "3 1⁄2 inch"),
        ("<sup>1</sup>/<sub>20</sub> inch", "1/20 inch"),
        ("log<sub>2</sub>8 = 3", "log_{2}8 = 3"),
        ("1011<sub>2</sub> is 11", "1011_2 is 11"),
        ("3&frac12; inch", "3½ inch"),
        ("<s>12</s>13 crowns", "12 13 crowns"),
        ("<span class=frac>3<span class=num>1</span><span class=den>2</span></span>", "3 1/2"),
        ("<img alt=T>he crane", "The crane"),
    ],
)
def test_pages_keep_numbers_apart(html: str, text: str) -> None:
    document = parse(f"<html><body><p>It is {html}</p></body></html>".encode(), "a.html")
    assert document.text == f"It is {text}"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.md", "Of 10<sup>6</sup> ships: CO<sub>2</sub>, 12<sup>[5](#n)</sup>\n"),
        ("a.mdx", 'Of 10<sup>6</sup> ships: CO<sub>2</sub>, 12<sup><a href="#n">5</a></sup>\n'),
        ("a.rst", "Of 10\\ :sup:`6` ships: CO\\ :sub:`2`, 12[5]\n"),
        ("a.org", "Of 10^{6} ships: CO_{2}, 12[5]\n"),
        ("a.textile", "Of 10[^6^] ships: CO[~2~], 12[5]\n"),
        ("a.mediawiki", "Of 10<sup>6</sup> ships: CO<sub>2</sub>, 12[5]\n"),
        ("a.rtf", "{\\rtf1\\ansi Of 10{\\super 6} ships: CO{\\sub 2}, 12[5]\\par}"),
        (
            "a.tex",
            "\\documentclass{article}\\begin{document}Of 10\\textsuperscript{6} ships: "
            "CO\\textsubscript{2}, 12[5]\\end{document}",
        ),
    ],
)
def test_so_does_every_format(name: str, source: str) -> None:
    assert parse(source.encode(), name).text == "Of 10^6 ships: CO2, 12[5]"


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_power_or_index_never_joins_a_number(base: int, script: int, after: int) -> None:
    for write in (raised, lowered):
        text = f"{base}{write(str(base), str(script), str(after))}{after}"
        numbers = "".join(c if c.isdigit() else " " for c in text).split()
        assert numbers == [str(base), str(script), str(after)]
