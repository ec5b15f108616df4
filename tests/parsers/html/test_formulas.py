"""Formulas of pages: on one line, once each, and no number changes, whatever wrote them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.html.test_panels import left_out, page, searched
from vouch.schemas.documents.records import LeftOutKind

TWENTIETH = "<math><mfrac><mn>1</mn><mn>20</mn></mfrac></math>"


def shown(html: str) -> str:
    """Return what is between two words around a formula."""
    text = searched(page(f"<p>Load {html} here.</p>"))
    return text[text.index("Load") + 5 : text.index(" here.")]


@pytest.mark.parametrize(
    ("mathml", "text"),
    [
        ("<msup><mi>x</mi><mn>10</mn></msup>", "x^{10}"),
        ("<msup><mn>10</mn><mrow><mo>-</mo><mn>6</mn></mrow></msup>", "10^{-6}"),
        ("<mn>3</mn><mfrac><mn>1</mn><mn>2</mn></mfrac>", "3 1/2"),
        ("<mn>3</mn><mo>&#x2064;</mo><mfrac><mn>1</mn><mn>2</mn></mfrac>", "3 1/2"),
        ("<mfrac><msup><mi>x</mi><mn>2</mn></msup><mn>20</mn></mfrac>", "(x^2)/20"),
        ("<mi>f</mi><mfenced><mi>x</mi><mi>y</mi></mfenced>", "f(x, y)"),
        ("<mfenced open='[' separators=';'><mn>1</mn><mn>20</mn></mfenced>", "[1; 20)"),
        (
            "<mmultiscripts><mi>U</mi><mn>92</mn><none/><mprescripts/><none/><mn>238</mn></mmultiscripts>",
            "{}^{238}U_{92}",
        ),
        (
            "<mfenced><mfrac linethickness='0'><mi>n</mi><mi>k</mi></mfrac></mfenced>",
            r"(\binom{n}{k})",
        ),
        ("<mi>x</mi><mtext>if</mtext><mi>y</mi>", "x if y"),
        ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>", "sin x"),
        ("<mn>2</mn><mo>&#x2062;</mo><mi>x</mi>", "2x"),
        ("<mover accent='true'><mi>x</mi><mo>^</mo></mover>", r"\hat{x}"),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>12</mn></msubsup>", "x_1^{12}"),
        ("<mn>1</mn><mspace width='1em'/><mn>2</mn>", "1 2"),
        ("<mstack><mn>424</mn><msrow><mo>+</mo><mn>33</mn></msrow></mstack>", "424 + 33"),
        (
            "<mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr>"
            "<mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>)</mo>",
            "(1, 2; 3, 4)",
        ),
        ("<semantics><annotation encoding='application/x-tex'>x^2</annotation></semantics>", "x^2"),
    ],
)
def test_mathml_is_read_by_its_layout(mathml: str, text: str) -> None:
    assert shown(f"<math>{mathml}</math>") == text


DRAWN = (
    "<span class=katex-html aria-hidden=true><span class=base><span class=mfrac>"
    "<span class='vlist-t vlist-t2'><span class=vlist-r><span class=vlist>"
    "<span><span class=pstrut></span><span class=mord>20</span></span>"
    "<span><span class=frac-line></span></span><span><span class=mord>1</span></span></span>"
    "</span></span></span></span></span>"
)
POWER = (
    "<span class=katex-html aria-hidden=true><span class=mord><span class=mord>v</span>"
    "<span class=msupsub><span class=vlist-t><span class=vlist><span><span class=mord>12</span>"
    "</span></span></span></span></span></span>"
)
TEX = r"\frac{1}{20}"
RENDERED = {
    "KaTeX, drawn and MathML": (
        f"<span class=katex><span class=katex-mathml>{TWENTIETH}</span>{DRAWN}</span>",
        "1/20",
    ),
    "KaTeX, drawn only": (f"<span class=katex>{DRAWN}</span>", "1/20"),
    "KaTeX, a power": (f"<span class=katex>{POWER}</span>", "v^{12}"),
    "MathJax 2, its source": (f"<script type='math/tex'>{TEX}</script>", TEX),
    "MathJax 2, a display": ("<script type='math/tex; mode=display'>E = mc^2</script>", "E = mc^2"),
    "MathJax 2, a preview": (
        f"<span class=MathJax_Preview>[math]</span><script type='math/tex'>{TEX}</script>",
        TEX,
    ),
    "MathJax 2, drawn": (
        "<span class=MathJax><nobr aria-hidden=true><span class=math>120</span></nobr>"
        f"<span class=MJX_Assistive_MathML>{TWENTIETH}</span></span>"
        f"<script type='math/tex'>{TEX}</script>",
        "1/20",
    ),
    "MathJax 2, drawn without MathML": (
        "<span class=MathJax><nobr><span class=math>120</span></nobr></span>"
        f"<script type='math/tex'>{TEX}</script>",
        TEX,
    ),
    "MathJax 3": (
        "<mjx-container class=MathJax jax=SVG><svg><title>120</title></svg>"
        f"<mjx-assistive-mml>{TWENTIETH}</mjx-assistive-mml></mjx-container>",
        "1/20",
    ),
    "MathJax 4": (
        f"<mjx-container class=MathJax><mjx-math data-latex='{TEX}' aria-hidden=true></mjx-math>"
        "<mjx-speech aria-label='one twentieth'></mjx-speech></mjx-container>",
        TEX,
    ),
    "MediaWiki": (
        f"<span class=mwe-math-element><span style='display: none'>{TWENTIETH}</span>"
        "<img aria-hidden=true alt='{\\displaystyle 120}'></span>",
        "1/20",
    ),
    "MediaWiki, a picture": (
        "<span class=mwe-math-element><img aria-hidden=true alt='{\\displaystyle x^{10}}'></span>",
        "x^{10}",
    ),
    "LaTeXML": (
        f"<math class=ltx_Math alttext='{TEX}'><semantics>{TWENTIETH[6:-7]}"
        f"<annotation encoding='application/x-tex'>{TEX}</annotation></semantics></math>",
        "1/20",
    ),
    "a picture": ("<img class=tex alt='x^2' src=x.png>", "x^2"),
    "a prefix": (
        "<m:math><m:mfrac><m:mn>1</m:mn><m:mn>20</m:mn></m:mfrac></m:math>",
        "1/20",
    ),
    "a fraction of spans": (
        "<span class=frac><span class=num>1</span><span class=den>20</span></span>",
        "1/20",
    ),
}


@pytest.mark.parametrize(("html", "text"), RENDERED.values(), ids=RENDERED)
def test_a_rendered_formula_is_read_once(html: str, text: str) -> None:
    assert shown(html) == text
    table = f"<table><tr><th>a<th>b<tr><td>Load<td>{html}</table>"
    assert f"Load | {text}" in searched(page(table))


def test_the_other_forms_of_a_formula_are_counted() -> None:
    html, _ = RENDERED["KaTeX, drawn and MathML"]
    assert left_out(page(f"<p>{html}</p>"), LeftOutKind.REPEATED) == ("201",)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4), st.data())
def test_no_two_numbers_of_a_formula_become_one(numbers: list[int], data: st.DataObject) -> None:
    tags = ("mfrac", "msup", "msub", "mroot", "munder", "mover", "mfenced")
    formula = f"<mn>{numbers[0]}</mn>"
    for number in numbers[1:]:
        tag = data.draw(st.sampled_from(tags))
        formula = f"<{tag}><mrow>{formula}</mrow><mn>{number}</mn></{tag}>"
    text = shown(f"<math>{formula}</math>")
    numbers_shown = sorted(
        int(part) for part in "".join(c if c.isdigit() else " " for c in text).split()
    )
    assert numbers_shown == sorted(numbers)
