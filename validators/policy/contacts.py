"""Find e-mail addresses and phone numbers of persons."""

import re
from collections.abc import Iterable, Iterator

from vouch.schemas.documents.records import Span
from vouch.validators.policy import presidio
from vouch.validators.policy.finding import Finding

# Lengths as RFC 5321 allows them. Not `user@host` of a URL, and not `host:path` of scp and git.
_ADDRESS = re.compile(
    r"(?<![\w.+%'@/-])[\w.+%'&-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}(?![\w@]|:[\w/~.])"
)
# Before a password in a URL, which only looks like the beginning of an address.
_OF_URL = re.compile(r"//[^\s/@]{1,100}:$")
# RFC 2606 and 6761 keep these for documentation and tests.
_RESERVED = re.compile(
    r"(?:^|\.)(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local|internal)$"
)
_SAMPLE_DOMAIN = re.compile(
    r"(?:^|\.)(?:my|your|our|some|the)?[-_]?(?:domain|company|corp|org|organization|email|mail|host|site|"
    r"website|acme|foo|bar|baz)"
    r"\.(?:com|org|net|io|dev|ai)$"
)
# No person: accounts of services, message ids, roles, mailing lists, and placeholders for a name.
_NOBODY = re.compile(
    r"(?:[0-9a-f]{8}-[0-9a-f-]{27}|git|hg|svn|no-?reply|do-?not-?reply|root|admin|administrator|postmaster|webmaster|hostmaster|abuse|info|support|help|"
    r"hello|contact|sales|security|privacy|legal|press|team|office|service|feedback|bounces?|user\d*|users|username|you|your"
    r"[-_.]?\w*|my[-_.]?(?:name|email|user)|name|first[._]last|firstname[._]lastname|someone|somebody|nobody|"
    r"recipient|sender|foo|"
    r"bar|test\d*|example|email|mail|me|xxx+)|.*(?:[-_.](?:dev|devel|list|users?|announce|ideas|help|request|"
    r"owner|noreply|sig|bot))|"
    r".*\[bot\]"
)
_LISTS = re.compile(
    r"^(?:lists?|mailman|googlegroups)\.|(?:^|\.)(?:noreply\.github\.com|googlegroups\.com|"
    r"gserviceaccount\.com)$"
)

_INTERNATIONAL = re.compile(r"(?<![\w.+/=-])\+\d(?:[ ().\-\u00a0]{0,2}\d){6,14}(?![\w-]|\.\d)")
_NATIONAL = re.compile(r"(?<![\w.+/=-])\(?\d(?:[ ()./\-\u00a0]{0,2}\d){6,13}(?![\w-]|\.\d)")
_CALLED = re.compile(
    r"(?<!\w)(?:phones?|tel|telephone|mobile|cell|cellphone|fax|call|dial|whatsapp|sms|hotline|telefon|"
    r"telefonnummer|mobil|handy|"
    r"rufnummer|anruf|teléfono|telefono|móvil|llame|llamar|téléphone|portable|appelez|celular|telefone|ligue|"
    r"cellulare|chiamare|"
    r"телефон|тел|звоните|电话|手机|फ़ोन|फोन|هاتف)(?!\w)|电话|手机|call me",
    re.IGNORECASE,
)
_NEAR = 40  # code points before a number in which a word must announce a phone number
_DATE_OR_VERSION = re.compile(
    r"(?:19|20)\d\d[-./]\d\d[-./]\d\d(?!\d).*|\d\d[-./]\d\d[-./](?:19|20)\d\d(?!\d).*|\d\.\d\..*",
    re.DOTALL,
)
# Regions of national numbers; those with a country code are found for every country.
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "PT", "BR", "NL", "IN", "RU", "CN")
_MIN_TRIED = 20
_CHARACTERS_A_TRY = 2000
_FICTIONAL = re.compile(r"(?:\+?1)?[2-9]\d\d55501\d\d")  # reserved for films and documentation


def find_addresses(text: str) -> Iterator[Finding]:
    """Find addresses whose domain has a public suffix, except those of no person."""
    for candidate in _ADDRESS.finditer(text):
        local, _, domain = candidate.group().lower().rpartition("@")
        if (
            _RESERVED.search(domain)
            or _SAMPLE_DOMAIN.search(domain)
            or _LISTS.search(domain)
            or _NOBODY.fullmatch(local)
        ):
            continue
        if _OF_URL.search(text[max(0, candidate.start() - 103) : candidate.start()]):
            continue
        for start, end in presidio.recognise("email_address", candidate.group()):
            yield Finding(
                "personal_data", "email_address", candidate.start() + start, candidate.start() + end
            )


def find_phones(text: str) -> Iterator[Finding]:
    """Find valid numbers with a country code, and national ones after a word such as "phone".

    National numbers are tried in many countries. In a text of little else, those beyond a share
    of its length are found by their form alone: none is missed, and the time stays linear.
    """
    international = list(_international(text)) if "+" in text else []
    yield from international
    if not _CALLED.search(text):
        return
    left = _MIN_TRIED + len(text) // _CHARACTERS_A_TRY
    # The last groups of a number with a country code look like a national one.
    ends = {finding.end for finding in international}
    for candidate in filter(_is_plausible, _NATIONAL.finditer(text)):
        start, end = candidate.span()
        if end in ends or not _CALLED.search(text, max(0, start - _NEAR), start):
            continue
        left -= 1
        spans = _numbers(candidate.group(), _REGIONS) if left >= 0 else [(0, end - start)]
        yield from (_phone(start, *span) for span in spans)


def _international(text: str) -> Iterator[Finding]:
    for candidate in filter(_is_plausible, _INTERNATIONAL.finditer(text)):
        for span in _numbers(candidate.group(), _REGIONS[:1]):
            yield _phone(candidate.start(), *span)


def _is_plausible(candidate: re.Match[str]) -> bool:
    digits = re.sub(r"[^\d+]", "", candidate.group())
    # Numbers of few different digits are placeholders.
    has_digits = len(set(digits)) > 3 and not _FICTIONAL.fullmatch(digits)
    return has_digits and not _DATE_OR_VERSION.fullmatch(candidate.group())


def _numbers(text: str, regions: Iterable[str]) -> list[Span]:
    """Return the spans of numbers in the plan of the first region in which there are any."""
    from phonenumbers import Leniency, PhoneNumberMatcher

    for region in regions:
        matches = PhoneNumberMatcher(text, region, leniency=Leniency.VALID)
        if spans := [(match.start, match.end) for match in matches]:
            return spans
    return []


def _phone(place: int, start: int, end: int) -> Finding:
    return Finding("personal_data", "phone_number", place + start, place + end)
