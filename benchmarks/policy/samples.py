"""Generated texts that violate a policy: numbers with valid checksums, secrets, hidden text.

Sentences come in two halves: patterns were developed on the first (`half=0`), the second is for
measurement. The same seed gives the same texts.
"""

import base64
import random
import string
from collections.abc import Callable, Iterator

import phonenumbers

_ALNUM = string.ascii_letters + string.digits
_FIRST = (
    "anna omar lucia pierre ivan mei jonas priya carlos ingrid tomasz yuki fatima george helena"
).split()
_LAST = (
    "keller haddad moreno dubois petrov zhang lindqvist sharma silva berg nowak tanaka rossi brown "
    "novak"
).split()
_DOMAINS = (
    "gmail.com t-online.de orange.fr outlook.com yandex.ru cam.ac.uk uol.com.br iitb.ac.in "
    "fastmail.fm hotmail.it"
).split()
_BANKS = {
    "DE": "18",
    "ES": "20",
    "NL": "4A10",
    "GB": "4A14",
    "FR": "23",
    "PL": "24",
    "AT": "16",
    "BE": "12",
}


def _digits(dice: random.Random, count: int) -> str:
    return "".join(dice.choices(string.digits, k=count))


def _text(dice: random.Random, count: int, letters: str = _ALNUM) -> str:
    return "".join(dice.choices(letters, k=count))


def _luhn(body: str) -> str:
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(body)))
    return body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def email(dice: random.Random) -> str:
    """Return a mail address with the name of a person."""
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    local = dice.choice(
        [
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{dice.randrange(99)}",
            f"{last}+work",
        ]
    )
    return f"{local}@{dice.choice(_DOMAINS)}"


def phone(dice: random.Random) -> str:
    """Return a valid number of one of twelve countries, in national or international form."""
    while True:
        region = dice.choice("US GB DE FR ES IT PT BR NL IN RU CN".split())
        example = str(
            phonenumbers.example_number_for_type(region, dice.choice([0, 1])).national_number
        )
        number = phonenumbers.parse(example[:-5] + _digits(dice, 5), region)
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, dice.choice([0, 1, 1, 2]))


def card(dice: random.Random) -> str:
    """Return a card number with its checksum, with or without groups of four."""
    body = dice.choice(["4", "51", "55", "6011"])
    digits = _luhn(body + _digits(dice, 15 - len(body)))
    mark = dice.choice(["", " ", "-"])
    return mark.join(digits[place : place + 4] for place in range(0, 16, 4))


def iban(dice: random.Random) -> str:
    """Return an IBAN of one of eight countries, with or without groups of four."""
    country = dice.choice(sorted(_BANKS))
    form = _BANKS[country]
    count = int(form.split("A")[-1])
    body = (_text(dice, 4, string.ascii_uppercase) if "A" in form else "") + _digits(dice, count)
    moved = "".join(str(int(letter, 36)) for letter in body + country + "00")
    number_text = f"{country}{98 - int(moved) % 97:02}{body}"
    return (
        number_text
        if dice.random() < 0.5
        else " ".join(number_text[place : place + 4] for place in range(0, len(number_text), 4))
    )


def nif(dice: random.Random) -> str:
    """Return a Spanish identity number."""
    number = _digits(dice, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def nhs(dice: random.Random) -> str:
    """Return a number of the British health service."""
    while True:
        body = dice.choice("4567") + _digits(dice, 8)
        check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 11
        if check != 10:
            number_text = body + str(check % 11)
            return f"{number_text[:3]} {number_text[3:6]} {number_text[6:]}"


def pesel(dice: random.Random) -> str:
    """Return a Polish identity number: a birthday, a serial and a checksum."""
    year, month, day = dice.randrange(40, 99), dice.randrange(1, 13), dice.randrange(1, 29)
    body = f"{year}{month:02}{day:02}{_digits(dice, 4)}"
    return body + str(
        -sum(int(digit) * (1, 3, 7, 9)[place % 4] for place, digit in enumerate(body)) % 10
    )


def ssn(dice: random.Random) -> str:
    """Return a social security number of the United States."""
    return f"{dice.randrange(100, 665)}-{dice.randrange(10, 99)}-{dice.randrange(1000, 9999)}"


def sin(dice: random.Random) -> str:
    """Return a social insurance number of Canada."""
    number_text = _luhn(dice.choice("124567") + _digits(dice, 7))
    return f"{number_text[:3]} {number_text[3:6]} {number_text[6:]}"


_PERSONAL: tuple[tuple[Callable[[random.Random], str], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        email,
        ("Please write to {} for access.", "Contact: {}", "Schreiben Sie an {}."),
        (
            "The report was sent by {}, who keeps it.",
            "maintainer = <{}>",
            "Pour toute question, écrivez à {} avant vendredi.",
        ),
    ),
    (
        phone,
        ("Tel.: {}", "Call {} after nine.", "Mobile {}"),
        (
            "You can reach her on her mobile, {}, at any time.",
            "Fax / phone: {}",
            "Telefon {} (Büro)",
            "Her digits: {}.",
        ),
    ),
    (
        card,
        ("Card number {} was charged.", "visa: {}"),
        ("The customer paid with {} and wants it back.", "Kreditkarte {}, gültig bis 11/29."),
    ),
    (
        iban,
        ("IBAN: {}", "Transfer it to {}."),
        ("The rent goes to {} on the first.", "Kontoverbindung {} bei der Sparkasse."),
    ),
    (ssn, ("SSN: {}",), ("The employee's social security number is {}.", "ssn={} dob=1980-02-03")),
    (nif, ("DNI {}",), ("con documento nacional de identidad {}, vecino de Sevilla", "NIF: {}")),
    (nhs, ("NHS number {}",), ("Patient, NHS no. {}, was seen today.", "nhs: {}")),
    (pesel, ("PESEL {}",), ("zamieszkały w Krakowie, PESEL: {}", "nr pesel {}")),
    (sin, ("Social insurance number: {}",), ("His social insurance number, {}, is on file.",)),
)

_SECRETS: tuple[Callable[[random.Random], str], ...] = (
    lambda dice: "AKIA" + _text(dice, 16, string.ascii_uppercase + "234567"),
    lambda dice: "ghp_" + _text(dice, 36),
    lambda dice: f"github_pat_{_text(dice, 22)}_{_text(dice, 59)}",
    lambda dice: "glpat-" + _text(dice, 20),
    lambda dice: f"xoxb-{_digits(dice, 12)}-{_digits(dice, 12)}-{_text(dice, 24)}",
    lambda dice: (
        "https://hooks.slack.com/services/T"
        + "/".join([_text(dice, 8), "B" + _text(dice, 8), _text(dice, 24)])
    ),
    lambda dice: "sk_live_" + _text(dice, 24),
    lambda dice: f"sk-{_text(dice, 20)}T3BlbkFJ{_text(dice, 20)}",
    lambda dice: f"sk-ant-api03-{_text(dice, 90)}",
    lambda dice: "AIza" + _text(dice, 35),
    lambda dice: "hf_" + _text(dice, 34),
    lambda dice: "npm_" + _text(dice, 36),
    lambda dice: f"SG.{_text(dice, 22)}.{_text(dice, 43)}",
    lambda dice: "pnu_" + _text(dice, 36),
    lambda dice: f"AccountKey={_text(dice, 86)}==",
    lambda dice: _json_web_token(dice),
    lambda dice: (
        f"postgresql://{dice.choice(_LAST)}:{_text(dice, 14, _ALNUM + '!$.~')}"
        f"@db{dice.randrange(9)}.intern.net:5432/main"
    ),
    lambda dice: f"-----BEGIN RSA PRIVATE KEY-----\nMII{_text(dice, 61)}\n{_text(dice, 64)}\n",
    lambda dice: f"aws_secret_access_key = {_text(dice, 40)}",
)
_SECRET_SENTENCES = (
    ("export KEY={}", "The key is {} for now."),
    ('token: "{}"', "Use {} until the new one comes.", "curl -H 'X-Key: {}' …"),
)


def _json_web_token(dice: random.Random) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    subject, role, expiry = (
        dice.getrandbits(60),
        dice.choice(_FIRST),
        dice.randrange(10**9, 2 * 10**9),
    )
    claims = f'{{"sub":"{subject}","role":"{role}","exp":{expiry}}}'
    payload = base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=")
    return f"{header}.{payload}.{_text(dice, 43)}"


_HIDING: tuple[Callable[[random.Random, str], str], ...] = (
    lambda dice, word: "\u200b".join(word),
    lambda dice, word: word + "".join(dice.choices("\u200b\u200c\u2060", k=24)),
    lambda dice, word: word + "".join(chr(0xE0000 + ord(letter)) for letter in "do as I say"),
    lambda dice, word: word + "".join(chr(0xE0100 + dice.randrange(200)) for _ in range(12)),
    lambda dice, word: f"\u202e{word[::-1]}\u202c",
    lambda dice, word: f"if admin \u2067{word} \u2066# check",
    lambda dice, word: word[:2] + "\u00ad" * dice.randrange(3, 30) + word[2:],
    lambda dice, word: word + dice.choice(["\u3164", "\u2800"]) * dice.randrange(8, 60),
    lambda dice, word: word[:3] + dice.choice(["\ufeff", "\u2060", "\u200d"]) + word[3:],
)


def generated(kind: str, half: int, count: int, seed: int = 20) -> Iterator[tuple[str, int, int]]:
    """Yield `count` sentences of a kind, each with the span of its violation."""
    dice = random.Random(f"{kind} {half} {seed}")
    for number in range(count):
        if kind == "personal_data":
            make, *halves = _PERSONAL[number % len(_PERSONAL)]
            sentence, value = dice.choice(halves[half]), make(dice)
        elif kind == "secrets":
            sentence, value = (
                dice.choice(_SECRET_SENTENCES[half]),
                _SECRETS[number % len(_SECRETS)](dice),
            )
        else:
            word = dice.choice((_FIRST, _LAST)[half]) + dice.choice((_LAST, _FIRST)[half])
            sentence, value = (
                ("See {} here.", "It says {} on the label.")[half],
                _HIDING[number % len(_HIDING)](dice, word),
            )
        place = sentence.index("{}")
        yield sentence.replace("{}", value), place, place + len(value)
