"""Find e-mail addresses and phone numbers of persons."""

import re
from collections.abc import Iterator

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
    """Find valid numbers with a country code, and national ones after a word such as "phone"."""
    if "+" in text:
        for candidate in _INTERNATIONAL.finditer(text):
            yield from _phone("international_phone_number", candidate)
    if _CALLED.search(text):
        for candidate in _NATIONAL.finditer(text):
            if _CALLED.search(text, max(0, candidate.start() - _NEAR), candidate.start()):
                yield from _phone("phone_number", candidate)


def _phone(recogniser: str, candidate: re.Match[str]) -> Iterator[Finding]:
    digits = re.sub(r"[^\d+]", "", candidate.group())
    # Numbers of few different digits are placeholders.
    is_plausible = len(set(digits)) > 3 and not _DATE_OR_VERSION.fullmatch(candidate.group())
    if is_plausible and not _FICTIONAL.fullmatch(digits):
        for start, end in presidio.recognise(recogniser, candidate.group()):
            yield Finding(
                "personal_data", "phone_number", candidate.start() + start, candidate.start() + end
            )
