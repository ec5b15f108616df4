"""What a control on a page opens is text; what nothing opens is counted as hidden."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document, ElementType, LeftOutKind

_ASIDE = (ElementType.HEADER, ElementType.FOOTER)
_QUESTION = "<button aria-expanded=false aria-controls=a>Who pays?</button>"
_SHIP = "<p>The ship pays.</p>"


def page(body: str) -> Document:
    text = f"<html lang=en><body><h1>Berth</h1><p>The harbour is open for ships.</p>{body}"
    return parse(text.encode(), "a.html")


def searched(document: Document) -> str:
    return "\n".join(
        document.text[element.char_start : element.char_end]
        for element in document.elements
        if element.type not in _ASIDE
    )


def left_out(document: Document, kind: LeftOutKind) -> tuple[str, ...]:
    return next((row.examples for row in document.left_out if row.kind is kind), ())


OPENED = {
    "Bootstrap 5": (
        "<h2><button data-bs-toggle=collapse data-bs-target='#a'>Who pays?</button></h2>"
        "<div id=a class='accordion-collapse collapse' style='display:none'>The ship pays.</div>"
    ),
    "Bootstrap 3": (
        "<a data-toggle=collapse href='#a'>Who pays?</a>"
        "<div id=a class=collapse style='display:none'>The ship pays.</div>"
    ),
    "a class that several have": (
        "<button data-toggle=collapse data-target='.both'>Who pays?</button>"
        "<div class='both' hidden>The ship.</div><div class='both' hidden>The ship pays.</div>"
    ),
    "several ids": (
        "<button aria-controls='b a'>Who pays?</button><p id=b hidden>x</p>"
        "<div id=a hidden>The ship pays.</div>"
    ),
    "a script": (
        "<button onclick=\"show(event, 'a')\">Who pays?</button>"
        "<div id=a style='display:none'>The ship pays.</div>"
    ),
    "a label of the panel": (
        "<button id=b aria-expanded=false>Who pays?</button>"
        "<div role=region aria-labelledby=b hidden>The ship pays.</div>"
    ),
    "the element before": (
        "<h3><button aria-expanded=false>Who pays?</button></h3><div hidden>The ship pays.</div>"
    ),
    "classes of a list of questions": (
        "<div class=faq-item><div class=faq-question>Who pays?</div>"
        "<div class=faq-answer style='display: none'>The ship pays.</div></div>"
    ),
    "microdata": (
        "<h3 itemprop=name>Who pays?</h3>"
        "<div itemprop=acceptedAnswer style='display:none'>The ship pays.</div>"
    ),
    "jQuery": (
        "<h3 class=ui-accordion-header aria-expanded=false>Who pays?</h3>"
        f"<div class=ui-accordion-content style='display:none' aria-hidden=true>{_SHIP}</div>"
    ),
    "Alpine": ("<p>Who pays?</p><div x-show=open style='display:none'>The ship pays.</div>"),
    "a popover": (f"<button popovertarget=a>Who pays?</button><div id=a popover>{_SHIP}</div>"),
    "a dialog": (
        "<button commandfor=a command=show-modal>Who pays?</button>"
        f"<dialog id=a>{_SHIP}<p>It always does.</p><form method=dialog><button>OK</button></form></dialog>"
    ),
    "read more": (
        "<p>Who pays?<span class=more style='display:none'> The ship pays.</span>"
        "<button class=read-more>Read more</button></p>"
    ),
    "an anchor": "<p>Who pays? <a href='#a'>See.</a></p><section id=a hidden>The ship pays.</section>",
    "MediaWiki": (
        "<div class='mw-collapsible mw-collapsed'><span>Who pays?</span>"
        f"<div class=mw-collapsible-content style='display:none'>{_SHIP}</div></div>"
    ),
    "rows of a table": (
        "<table class='mw-collapsible mw-collapsed'><tr><th>Who pays?<th>When?"
        "<tr style='display:none'><td>The ship pays.<td>May</table>"
    ),
    "a panel with a form": (
        f"{_QUESTION}<div id=a hidden><p>It is simple: The ship pays.</p>"
        "<form>Helpful? <input type=radio></form></div>"
    ),
    "an accordion of AMP": (
        "<amp-accordion><section><h2>Who pays?</h2><p>The ship pays.</p></section></amp-accordion>"
    ),
    "a tooltip": (
        "<p>Who pays?<span tabindex=0 aria-describedby=a>*</span>"
        "<span role=tooltip id=a hidden>The ship pays.</span></p>"
    ),
}


@pytest.mark.parametrize("body", OPENED.values(), ids=OPENED)
def test_what_a_control_opens_is_searched_with_its_control(body: str) -> None:
    text = searched(page(body))
    assert "Who pays?" in text
    assert "The ship pays." in text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<div style='display:none'>Pay nobody at all.</div>", LeftOutKind.HIDDEN),
        ("<p id=z hidden>Pay nobody at all.</p>", LeftOutKind.HIDDEN),
        (
            "<button>Buy</button><p style='visibility:hidden'>Pay nobody at all.</p>",
            LeftOutKind.HIDDEN,
        ),
        (
            "<button aria-controls=a>Cookies</button><div id=a class=cookie-banner hidden>"
            "<p>Pay nobody at all.</p></div>",
            LeftOutKind.HIDDEN,
        ),
        ("<form>Name <input></form><button>Pay nobody at all.</button>", LeftOutKind.BOILERPLATE),
        ("<svg aria-hidden=true><text>Pay nobody at all.</text></svg>", LeftOutKind.ALTERNATIVE),
        (
            "<div aria-hidden=true style='position:absolute;left:-5000px'>Pay nobody at all.</div>",
            LeftOutKind.HIDDEN,
        ),
        (
            "<p>Pay nobody at all, says she.</p><div aria-hidden=true><p>Pay nobody at all, says "
            "she.</p></div>",
            LeftOutKind.REPEATED,
        ),
    ],
)
def test_what_nothing_opens_is_counted(body: str, kind: LeftOutKind) -> None:
    document = page(body)
    assert searched(document).count("Pay nobody") == (kind is LeftOutKind.REPEATED)
    assert any("Pay nobody at all" in example for example in left_out(document, kind))


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<div aria-hidden=true><p>Drawn on the screen.</p></div>", "Drawn on the screen."),
        (
            "<h2 aria-label='Aboard'><i class=icon aria-hidden=true>flag</i><span aria-hidden=true>"
            "A</span><span aria-hidden=true>board</span></h2>",
            "Aboard",
        ),
        (
            "<p><span class=sr-only>$1,234.56</span><span aria-hidden=true>$<b>1,234</b><sup>56"
            "</sup></span> each</p>",
            "$1,234.56 each",
        ),
        (
            "<div class=slick-track><div class=slick-cloned aria-hidden=true>Two is the last of all "
            "slides.</div><div>One</div><div aria-hidden=true>Two is the last of all slides.</div></div>",
            "One\nTwo is the last of all slides.",
        ),
        (
            "<x-card><template shadowrootmode=open><style>p{}</style><p>In the shade.</p><slot>none"
            "</slot></template><p>In the light.</p></x-card>",
            "In the shade.\nIn the light.",
        ),
        ("<iframe srcdoc='&lt;p&gt;In a frame.&lt;/p&gt;'></iframe>", "In a frame."),
        ("<svg><title>t</title><text>Boiler</text><text>Pump</text></svg>", "Boiler Pump"),
        ("<p>Size: <select><option>38<option selected>39</select></p>", "Size: 39"),
        ("<p>Name: <input value='ACME Ltd' readonly></p>", "Name: ACME Ltd"),
        ("<ul><li><input type=checkbox checked disabled> Rope</ul>", "- [x] Rope"),
        ("<p>He said <q>go <q>home</q></q>.</p>", "He said “go ‘home’”."),
        (
            "<div role=table><div role=row><b role=columnheader>A</b><b role=columnheader>B</b></div>"
            "<div role=row><i role=cell>1</i><i role=cell>20</i></div></div>",
            "A | B\n1 | 20",
        ),
        ("<div class=faq><button class=faq-question>How?</button><p>So.</p></div>", "How?\nSo."),
    ],
)
def test_what_readers_see_is_searched(body: str, shown: str) -> None:
    assert shown in searched(page(body))


@pytest.mark.parametrize("hidden", ["hidden", "style='display:none'", ""])
def test_each_tab_is_read_with_its_panel(hidden: str) -> None:
    tabs = "<ul role=tablist><li role=tab>Linux</li><li role=tab aria-controls=w>Windows</li></ul>"
    panels = f"<div role=tabpanel>apt</div><div id=w role=tabpanel {hidden}>winget</div>"
    assert searched(page(f"<div>{tabs}<div>{panels}</div></div>")).endswith(
        "Linux\napt\nWindows\nwinget"
    )


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(sorted(OPENED)), min_size=1, max_size=4),
    st.sampled_from(["", "<main>", "<article>", "<section>"]),
)
def test_panels_of_several_makers_are_open_on_one_page(names: list[str], around: str) -> None:
    bodies = "".join(OPENED[name] for name in dict.fromkeys(names))
    assert "The ship pays." in searched(page(around + bodies))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<noscript><h1>Crane</h1><p>It is late.</p></noscript>", "Crane\nIt is late."),
        ("<h1>Crane</h1><footer><p>It is late.</p><p>Ships wait.</p>", "Crane\nIt is late."),
    ],
)
def test_a_page_that_is_all_in_one_of_its_parts_is_text(body: str, text: str) -> None:
    assert text in searched(parse(f"<html><body>{body}".encode(), "a.html"))
