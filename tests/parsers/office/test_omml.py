"""Formulas of Word and PowerPoint are text on one line, in which no number changes."""

import pytest
from lxml import etree

from vouch.parsers.office.omml import formula

NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def run(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def fraction(above: str, below: str, properties: str = "") -> str:
    return f"<m:f>{properties}<m:num>{run(above)}</m:num><m:den>{run(below)}</m:den></m:f>"


def argument(*texts: str) -> str:
    return "".join(f"<m:e>{run(text)}</m:e>" for text in texts)


def script(name: str, text: str) -> str:
    return f"<m:{name}>{run(text)}</m:{name}>"


MATRIX = f"<m:m><m:mr>{argument('1', '2')}</m:mr><m:mr>{argument('3', '4')}</m:mr></m:m>"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (fraction("1", "20"), "1/20"),
        (run("2") + fraction("1", "2"), "2 1/2"),
        (fraction("1", "2") + run("3"), "1/2 3"),
        (fraction("a+b", "2"), "(a+b)/2"),
        (fraction("n", "k", '<m:fPr><m:type m:val="noBar"/></m:fPr>'), r"\binom{n}{k}"),
        (f"<m:sSup>{argument('10')}{script('sup', '6')}</m:sSup>", "10^6"),
        (f"<m:sSup>{argument('a+b')}{script('sup', '-2')}</m:sSup>", "(a+b)^{-2}"),
        (f"<m:sSub>{argument('x')}{script('sub', 'ij')}</m:sSub>", "x_{ij}"),
        (
            f"<m:sSubSup>{argument('x')}{script('sub', '1')}{script('sup', '2')}</m:sSubSup>",
            "x_1^2",
        ),
        (
            f"<m:sPre>{script('sub', '92')}{script('sup', '238')}{argument('U')}</m:sPre>",
            "{}_{92}^{238}U",
        ),
        (f"<m:rad>{argument('x+1')}</m:rad>", "√(x+1)"),
        (f"<m:rad>{script('deg', '3')}{argument('8')}</m:rad>", "√[3]8"),
        (
            f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>{script("sub", "i=1")}'
            f"{script('sup', 'n')}{argument('i')}</m:nary>",
            "∑_{i=1}^n i",
        ),
        (f"<m:d>{argument('x')}</m:d>", "(x)"),
        (f"<m:d>{argument('A', 'B')}</m:d>", "(A|B)"),
        (f'<m:d><m:dPr><m:sepChr m:val=","/></m:dPr>{argument("1", "2")}</m:d>', "(1, 2)"),
        (f"<m:func>{script('fName', 'log')}{argument('20')}</m:func>", "log 20"),
        (f"<m:limLow>{argument('lim')}{script('lim', 'n→∞')}</m:limLow>", "lim_{n→∞}"),
        (f'<m:acc><m:accPr><m:chr m:val="⃗"/></m:accPr>{argument("v")}</m:acc>', r"\vec{v}"),
        (f"<m:acc>{argument('x')}</m:acc>", r"\hat{x}"),
        (f'<m:bar><m:barPr><m:pos m:val="top"/></m:barPr>{argument("x")}</m:bar>', r"\bar{x}"),
        (MATRIX, "1, 2; 3, 4"),
        (f"<m:d><m:e>{MATRIX}</m:e></m:d>", "(1, 2; 3, 4)"),
        (f"<m:eqArr>{argument('x=1', 'y=2')}</m:eqArr>", "x=1; y=2"),
        (
            f'{run("1")}<m:phant><m:phantPr><m:show m:val="0"/></m:phantPr>{argument("0")}'
            f"</m:phant>{run('2')}",
            "1 2",
        ),
        (f"<m:oMath>{run('1')}</m:oMath><m:oMath>{run('2')}</m:oMath>", "1 2"),
    ],
)
def test_a_formula_is_on_one_line(markup: str, expected: str):
    assert (
        formula(etree.fromstring(f'<m:oMath xmlns:m="{NAMESPACE}">{markup}</m:oMath>')) == expected
    )
