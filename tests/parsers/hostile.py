"""Text that breaks careless text handling, to put into documents."""

import json
from pathlib import Path

from hypothesis import strategies as st

NAUGHTY: list[str] = json.loads(
    (Path(__file__).parent.parent / "fixtures" / "naughty" / "blns.json").read_text("utf-8")
)
CRAFTED = [
    "e\u0301\u0323" * 30,  # combining marks, in an order that is not the composed one
    "Z" + "\u0310\u0335\u0489" * 60,
    "\u202eevil\u202c \u2066left\u2069 \u200fשלום مرحبا",  # right to left, with overrides
    "👩‍👩‍👧‍👦👍🏽🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 5,  # joined, coloured, tagged
    "\ud800 lone \udfff",
    "a\rb\r\nc\u2028d\u2029e\x0bf\x0cg\x85h\n\ri",
    "nul\0 bell\a escape\x1b[31m \x7f\x9b \ufeff\ufffe\uffff",
    "x" * 5000,
    "ﷺ" * 40 + "ǰ" * 40 + "\u0344" * 40,  # longer once composed or folded
    "\u00a0\u2003\u3000\u200b\u00ad",
    "- \t\n1. \n> \n| \n\t\t\n```",
    " | a | \n|---|\n | ",
    "= " * 400,
    "<a href='&#x0;&#xD800;&bogus;'>]]>--!><![CDATA[<p>",
]
# Characters from which text that looks like the markup of some format is likely to be drawn.
_MARKUP = st.text("#*_`~<>[](){}|\\/!:;=&%$@^\"'+-.,\n\r\t 0aZ\0é\u0301", max_size=200)
ANYTHING = st.text(st.characters(), max_size=120)
HOSTILE = st.one_of(ANYTHING, _MARKUP, st.sampled_from(CRAFTED), st.sampled_from(NAUGHTY))
PIECES = st.lists(HOSTILE, min_size=1, max_size=6)

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
LATIN_WORD = st.text(_LETTERS, min_size=1, max_size=12)
WORD = LATIN_WORD | st.text("éßøłαβγджщאבגمسل字語한글ไทย٣४", min_size=1, max_size=12)
