"""Find personal data with Presidio's pattern recognisers and phonenumbers, called directly.

Uses no language model and downloads nothing. A number counts where its checksum is right (cards,
accounts) or where words near it say what it is (identity numbers, national phone numbers). Names,
dates, places and IP addresses are not searched: in technical text they are wrong far more often
than right.
"""

import re
from collections.abc import Iterator

from vouch.validators.policy import presidio
from vouch.validators.policy.contacts import find_addresses, find_phones
from vouch.validators.policy.finding import Finding, windows

# As printed on cards, in groups; not part of a longer number, an identifier or a fraction.
_CARD = re.compile(r"(?<![\w.+-])\d{4}(?:[ -]?\d){8,14}(?![\w-]|\.\d)")
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|"
    r"35\d{14}"
)
_ACCOUNT = re.compile(
    r"(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![\w-])"
)
# Numbers in the documentation of banks and payment services.
_SAMPLES = frozenset(
    """4111111111111111 4242424242424242 4012888888881881 4000000000000002 4000056655665556
    4222222222222 5555555555554444 5105105105105100 5200828282828210 5454545454545454
    378282246310005 371449635398431 378734493671000 6011111111111117 6011000990139424
    30569309025904 38520000023237 36227206271667 3530111333300000 3566002020360505
    DE89370400440532013000 GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555
    FR1420041010050500013M02606 NL91ABNA0417164300 ES9121000418450200051332
    CH9300762011623852957 BE68539007547034 AT611904300234573201 IT60X0542811101000000123456
    DE75512108001245126199 FR7630006000011234567890189""".split()
)
_NUMBER_LIKE = re.compile(r"\d(?:[ ./-]?[\dA-Z]){5}|[A-Z]{6}\d{2}")
_NEAR = 40  # code points between the words and the number


def find_personal_data(text: str) -> Iterator[Finding]:
    """Find personal data. Findings may overlap."""
    if "@" in text:
        yield from find_addresses(text)
    if _NUMBER_LIKE.search(text):
        yield from find_phones(text)
        yield from _find_cards(text)
        yield from _find_accounts(text)
        yield from _find_identities(text)


def _find_cards(text: str) -> Iterator[Finding]:
    for candidate in _CARD.finditer(text):
        digits = re.sub("[ -]", "", candidate.group())
        if _ISSUED.fullmatch(digits) and digits not in _SAMPLES and len(set(digits)) > 3:
            yield from _recognised("credit_card", text, *candidate.span())


def _find_accounts(text: str) -> Iterator[Finding]:
    for candidate in _ACCOUNT.finditer(text):
        for finding in _recognised("iban_code", text, *candidate.span()):
            if re.sub("[ -]", "", text[finding.start : finding.end]) not in _SAMPLES:
                yield finding


def _find_identities(text: str) -> Iterator[Finding]:
    """Find identity numbers near words that name them; these select the country's recogniser."""
    lowered = text.lower()
    # A few capitals have longer small letters, which would shift every place.
    if len(lowered) != len(text):
        lowered = text
    word_spans: dict[str, list[tuple[int, int]]] = {}
    for word in presidio.IDENTITY_WORDS.finditer(lowered):
        for detector in presidio.IDENTITIES_BY_WORD[word.group()]:
            word_spans.setdefault(detector, []).append(word.span())
    for detector, spans in word_spans.items():
        for start, end in windows(spans, _NEAR, len(text)):
            yield from _recognised(detector, text, start, end)


def _recognised(detector: str, text: str, start: int, end: int) -> Iterator[Finding]:
    for begin, stop in presidio.recognise(detector, text[start:end]):
        first, last = start + begin, start + stop
        # The edge of a window must not make a number out of a part of a longer one.
        if text[max(0, first - 1) : first].isalnum() or text[last : last + 1].isalnum():
            continue
        yield Finding("personal_data", detector, first, last)
