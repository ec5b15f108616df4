"""Formulas of a page as text, once each, whatever drew them.

KaTeX, MathJax and MediaWiki put a formula on a page two or three times: drawn, as MathML for screen
readers, and as TeX. The MathML is read where there is one, else the TeX, else what is drawn.
"""

import re
from collections.abc import Iterator

from lxml import etree, html

from vouch.parsers.common.html.formulas import formula_text
from vouch.parsers.common.html.katex import katex_text
from vouch.parsers.common.html.left_out import mark_left_out
from vouch.parsers.common.html.visibility import Node, name_of
from vouch.schemas.documents.records import LeftOutKind

_PREFIXED = etree.XPath("descendant::*[substring-after(name(), ':') = 'math']")
_SCRIPTS = etree.XPath("descendant::script[starts-with(@type, 'math/')]")
_DRAWN = etree.XPath(
    "descendant::*[self::mjx-container"
    " or contains(@class, 'katex') or contains(@class, 'MathJax') or contains(@class, 'mjx-chtml')"
    " or contains(@class, 'MJX_Assistive') or contains(@class, 'mwe-math-element')]"
)
_REPEATED = etree.XPath("descendant::annotation | descendant::*[@aria-hidden = 'true']")
_CLASSES = frozenset(
    "katex MathJax MathJax_Display MathJax_SVG MathJax_SVG_Display MathJax_CHTML mjx-chtml "
    "MJXc-display MJX_Assistive_MathML mwe-math-element".split()
)
_PREVIEWS = frozenset("MathJax_Preview MathJax_Processing MathJax_Processed".split())
_CDATA = re.compile(r"%?\s*<!\[CDATA\[|%?\s*\]\]>")  # around sources that kramdown writes
# MediaWiki writes all its formulas in this style.
_DISPLAY_STYLE = re.compile(r"\{\\displaystyle\s*(.*)\}", re.DOTALL)


def write_formulas(root: Node) -> None:
    """Replace each formula of a page by its text on one line."""
    for formula in _PREFIXED(root):
        formula.tag = "math"
    for script in _SCRIPTS(root):
        _write_script(script)
    inside: set[Node] = set()
    for drawn in _DRAWN(root):
        if drawn in inside:
            continue
        classes = set((drawn.get("class") or "").split())
        if classes & _PREVIEWS:
            mark_left_out(drawn, LeftOutKind.REPEATED)
        elif classes & _CLASSES or name_of(drawn) == "mjx-container":
            inside.update(drawn.iter())
            _write(drawn, _text_of(drawn))
    for formula in list(root.iter("math")):
        picture = formula.getnext()
        alternative = formula.get("alttext")
        if picture is not None and alternative and picture.get("alt") == alternative:
            mark_left_out(picture, LeftOutKind.REPEATED)
        _write(formula, formula_text(formula))


def _text_of(drawn: Node) -> str:
    """Return what a formula says, "" where another element says it."""
    if (formula := next(drawn.iter("math"), None)) is not None:
        return formula_text(formula)
    if (picture := next(drawn.iter("img"), None)) is not None:
        alternative = picture.get("alt") or ""
        written = _DISPLAY_STYLE.fullmatch(alternative)
        return written[1] if written else alternative
    return next(_written(drawn), "") or " ".join(katex_text(drawn).split())


def _written(drawn: Node) -> Iterator[str]:
    """Yield the texts that programs write into attributes of what they draw."""
    for node in drawn.iter():
        if markup := node.get("data-mathml"):
            yield from map(formula_text, html.fragment_fromstring(markup, "div").iter("math"))
    for attribute in ("data-latex", "aria-label"):
        yield from (text for node in drawn.iter() if (text := node.get(attribute)))


def _write_script(script: Node) -> None:
    """Write the source that MathJax reads as text, where it is all that says the formula."""
    source = _CDATA.sub("", script.text or "")
    drawn = _drawn_from(script)
    if drawn is not None:
        if next(drawn.iter("math"), None) is not None or next(_written(drawn), ""):
            return
        mark_left_out(drawn, LeftOutKind.REPEATED)
        drawn.set("class", "")
    text = source
    if "mml" in (script.get("type") or ""):
        formulas = html.fragment_fromstring(source, "div").iter("math") if source.strip() else ()
        text = " ".join(map(formula_text, formulas))
    _write(script, " ".join(text.split()))


def _drawn_from(script: Node) -> Node | None:
    """Return what MathJax has drawn right before the script with its source."""
    before = script.getprevious()
    if before is None or (before.tail or "").strip():
        return None
    classes = set((before.get("class") or "").split())
    return before if classes & (_CLASSES - {"katex"}) else None


def _write(node: Node, text: str) -> None:
    """Replace an element by a text; what else was in it says the same, and is left out."""
    repeated = " ".join("".join(part.itertext()) for part in _REPEATED(node))
    tail = node.tail
    node.clear()
    node.tag, node.text, node.tail = "span", text, tail
    if repeated.strip():
        copy = etree.SubElement(node, "span")
        copy.text = repeated
        mark_left_out(copy, LeftOutKind.REPEATED)
