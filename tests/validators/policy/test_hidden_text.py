"""Hidden text is found; what scripts, emoji and typesetting need is clean."""

import pytest

from vouch.validators.policy import find

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "obey me")
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
BAD = [
    ("ig\u200bnore", "zero_width", "\u200b"),
    ("pass\u2060word", "zero_width", "\u2060"),
    ("в\u200dот", "zero_width", "\u200d"),
    ("end\u200b\u200b\u200b\u200b", "zero_width", "\u200b\u200b\u200b\u200b"),
    ("a \ufeff\u200b b", "zero_width", "\ufeff\u200b"),
    ("end.\u200b\u200c\u200b\u200c", "zero_width", "\u200b\u200c\u200b\u200c"),
    ("ab\u200ecd", "zero_width", "\u200e"),
    (f"Hello{TAGS}!", "tag_characters", TAGS),
    (f"{SCOTLAND}{TAGS}", "tag_characters", SCOTLAND[1:] + TAGS),
    ("😀\U000e0101\U000e0142\U000e0113", "variation_selectors", "\U000e0101\U000e0142\U000e0113"),
    ("a\ufe00b\ufe01c\ufe00", "variation_selectors", "a\ufe00b\ufe01c\ufe00"),
    ("in\u00ad\u00ad\u00adfo", "soft_hyphens", "\u00ad\u00ad\u00ad"),
    ("s\u00ade\u00adc\u00adr\u00ad", "soft_hyphens", "s\u00ade\u00adc\u00adr\u00ad"),
    ("a\u3164\u3164\u3164\u3164", "blank_fillers", "\u3164\u3164\u3164\u3164"),
    ("x" + "\u2800" * 9, "blank_fillers", "\u2800" * 9),
    ("if \u202eresu\u202c:", "bidi_reordering", "\u202eresu\u202c"),
    ("a \u2067user\u2069 b", "bidi_reordering", "\u2067user\u2069"),
    ("/* \u2066 check\nnext", "bidi_unbalanced", "\u2066 check"),
]
CLEAN = [
    "\ufeffThe beginning",
    "family 👨\u200d👩\u200d👧\u200d👦 and ❤\ufe0f\u200d🔥",
    "می\u200cخواهم کتاب\u200cها",
    "क्\u200dष और न\u200cही",
    "שלום\u200f! (C++\u200e) שלום",
    f"flag {SCOTLAND} of Scotland",
    "1\ufe0f\u20e3 and ☎\ufe0e and ❤\ufe0f",
    "葛\U000e0100城市",
    "Silben\u00adtren\u00adnung",
    "word\u200b word and /\u200bpath",
    "Wort \u200b\u200bauf und Ende.\u2060\u2060",
    "\ufeff\u200f\u200fשלום",
    "ภาษา\u200bไทย",
    "he said \u2067שלום\u2069 twice, \u2068name\u2069 and \u202aabc\u202c",
    "left over \u202c and \u2069",
    "⠓⠑⠇⠇⠕" + "\u2800" * 12 + "⠺",
    "plain, naïve and 日本語",
]


@pytest.mark.parametrize(("text", "detector", "hidden"), BAD)
def test_hidden_characters_are_found(text, detector, hidden):
    assert [
        (finding.detector, text[finding.start : finding.end])
        for finding in find(text, ["hidden_text"])
    ] == [(detector, hidden)]


@pytest.mark.parametrize("text", CLEAN)
def test_invisible_characters_with_a_use_are_clean(text):
    assert find(text, ["hidden_text"]) == []
