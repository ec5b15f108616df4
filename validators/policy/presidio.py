"""Presidio's recognisers by our names for what they find. Presidio is imported at the first candidate."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any

_importing = Lock()

# Where more than one word or abbreviation is given, any of them will do; all in small letters.
_IDENTITIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "us_ssn": (
        "UsSsnRecognizer",
        ("ssn", "social security number", "social security no", "social security"),
    ),
    "us_itin": (
        "UsItinRecognizer",
        ("itin", "individual taxpayer", "taxpayer identification number"),
    ),
    "uk_nhs": ("NhsRecognizer", ("nhs number", "nhs no", "nhs")),
    "uk_nino": ("UkNinoRecognizer", ("national insurance", "nino", "ni number")),
    "es_nif": ("EsNifRecognizer", ("dni", "nif", "documento nacional de identidad")),
    "es_nie": ("EsNieRecognizer", ("nie", "número de identidad de extranjero")),
    "it_fiscal_code": (
        "ItFiscalCodeRecognizer",
        ("codice fiscale", "cod. fiscale", "fiscal code", "c.f."),
    ),
    "de_tax_id": (
        "DeTaxIdRecognizer",
        ("steuer-id", "steueridentifikationsnummer", "steuerliche identifikationsnummer", "idnr"),
    ),
    "pl_pesel": ("PlPeselRecognizer", ("pesel",)),
    "in_aadhaar": ("InAadhaarRecognizer", ("aadhaar", "aadhar", "uidai")),
    "in_pan": ("InPanRecognizer", ("pan card", "pan number", "permanent account number")),
    "fi_personal_code": (
        "FiPersonalIdentityCodeRecognizer",
        ("henkilötunnus", "hetu", "finnish personal identity code"),
    ),
    "se_personnummer": ("SePersonnummerRecognizer", ("personnummer", "samordningsnummer")),
    "ca_sin": ("CaSinRecognizer", ("social insurance number", "social insurance no")),
    "au_tfn": ("AuTfnRecognizer", ("tax file number", "tfn")),
    "kr_rrn": ("KrRrnRecognizer", ("resident registration number", "주민등록번호")),
    "tr_national_id": ("TrNationalIdRecognizer", ("tc kimlik", "t.c. kimlik", "kimlik numarası")),
}
_OTHERS = {"credit_card": "CreditCardRecognizer", "iban_code": "IbanRecognizer"}
_CLASSES = {what: name for what, (name, _) in _IDENTITIES.items()} | _OTHERS

IDENTITIES_BY_WORD: dict[str, list[str]] = {}
for _what, (_, _words) in _IDENTITIES.items():
    for _word in _words:
        IDENTITIES_BY_WORD.setdefault(_word, []).append(_what)
# The longest first, so that the whole of a name counts as near and not its beginning.
_ALL = sorted(IDENTITIES_BY_WORD, key=len, reverse=True)
IDENTITY_WORDS = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _ALL))})(?!\w)")

# Where national numbers are looked for; numbers with a country's code are found whatever the country.
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "PT", "BR", "NL", "IN", "RU", "CN")


def recognise(what: str, text: str) -> list[tuple[int, int]]:
    """The spans, in code points of this text, that Presidio's recogniser for `what` holds for right."""
    recogniser = _recogniser(what)
    results = recogniser.analyze(text, recogniser.supported_entities, nlp_artifacts=None)
    return sorted((int(one.start), int(one.end)) for one in results)


def _presidio() -> Any:  # noqa: ANN401 - a module
    """Its recognisers, without the libraries of language models that it takes where they are installed and that none of them
    uses: they cost four seconds and 300 MB.
    """
    with _importing, _hidden("torch", "transformers", "stanza"):
        return import_module("presidio_analyzer.predefined_recognizers")


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """These modules are not to be found within the block, unless somebody has them already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None says that there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@cache
def _recogniser(what: str) -> Any:  # noqa: ANN401 - of whatever class Presidio has for it
    presidio = _presidio()
    if what == "email_address":
        return _email_recogniser()
    if what == "phone_number":
        # 1: a number that the country's plan knows, however it is grouped.
        return presidio.PhoneRecognizer(supported_regions=_REGIONS, leniency=1)
    if what == "international_phone_number":
        return presidio.PhoneRecognizer(supported_regions=("US",), leniency=1)
    return getattr(presidio, _CLASSES[what])()


def _email_recogniser() -> Any:  # noqa: ANN401
    """Presidio's, with the list of public suffixes that its library brings along instead of one from the network."""
    import tldextract

    extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)

    class OfflineEmailRecognizer(_presidio().EmailRecognizer):  # type: ignore[misc]
        def validate_result(self, pattern_text: str) -> bool:
            return extract(pattern_text).fqdn != ""

    return OfflineEmailRecognizer()


def recognisers() -> Sequence[str]:
    """Every name that `recognise` knows."""
    return (*_CLASSES, "email_address", "phone_number", "international_phone_number")
