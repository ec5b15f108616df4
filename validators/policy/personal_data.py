"""Personal data by Presidio's pattern recognisers and phonenumbers, called directly: no language model, nothing fetched.

Numbers are kept where a checksum holds (cards, accounts) or where words near them say what they are (identity numbers,
phone numbers in national form). Not looked for, because in technical text they are wrong far more often than right:
names, dates, places, and IP addresses, which are servers' there and look like version numbers.
"""

import re
from collections.abc import Iterator

from vouch.validators.policy import presidio
from vouch.validators.policy.contacts import find_addresses, find_phones
from vouch.validators.policy.finding import Finding, windows

# As printed on cards: digits in fours and the like. No part of a longer number, an identifier or a decimal fraction.
_CARD = re.compile(r"(?<![\w.+-])\d{4}(?:[ -]?\d){8,14}(?![\w-]|\.\d)")
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3})?|5[1-5]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|"
    r"35\d{14}"
)
_ACCOUNT = re.compile(
    r"(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![\w-])"
)
# Numbers that banks and payment services print in their own documentation.
_SAMPLES = frozenset(
    """4111111111111111 4242424242424242 4012888888881881 4000000000000002 4000056655665556 4222222222222 5555555555554444
    5105105105105100 5200828282828210 5454545454545454 378282246310005 371449635398431 378734493671000 6011111111111117
    6011000990139424 30569309025904 38520000023237 36227206271667 3530111333300000 3566002020360505 DE89370400440532013000
    GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555 FR1420041010050500013M02606 NL91ABNA0417164300
    ES9121000418450200051332 CH9300762011623852957 BE68539007547034 AT611904300234573201 IT60X0542811101000000123456
    DE75512108001245126199 FR7630006000011234567890189""".split()
)
_NUMBER_LIKE = re.compile(r"\d(?:[ ./-]?[\dA-Z]){5}|[A-Z]{6}\d{2}")
_NEAR = 40  # code points between the words and their number


def find_personal_data(text: str) -> Iterator[Finding]:
    """Findings may overlap."""
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
            yield from _found("credit_card", text, *candidate.span())


def _find_accounts(text: str) -> Iterator[Finding]:
    for candidate in _ACCOUNT.finditer(text):
        for finding in _found("iban_code", text, *candidate.span()):
            if re.sub("[ -]", "", text[finding.start : finding.end]) not in _SAMPLES:
                yield finding


def _find_identities(text: str) -> Iterator[Finding]:
    """Numbers of persons near the words that name them; the words decide which country's recogniser is asked."""
    lowered = text.lower()
    if len(lowered) != len(
        text
    ):  # a few capitals have longer small letters, which would shift every place
        lowered = text
    named: dict[str, list[tuple[int, int]]] = {}
    for word in presidio.IDENTITY_WORDS.finditer(lowered):
        for what in presidio.IDENTITIES_BY_WORD[word.group()]:
            named.setdefault(what, []).append(word.span())
    for what, spans in named.items():
        for start, end in windows(spans, _NEAR, len(text)):
            yield from _found(what, text, start, end)


def _found(what: str, text: str, start: int, end: int) -> Iterator[Finding]:
    for begin, stop in presidio.recognise(what, text[start:end]):
        if not _within_word(text, start + begin, start + stop):
            yield Finding("personal_data", what, start + begin, start + stop)


def _within_word(text: str, start: int, end: int) -> bool:
    """The edge of a window must not make a number out of a part of one."""
    return text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()
