"""Call Presidio's recognisers by the ids of our detectors.

Presidio is imported at the first candidate.
"""

import re
from functools import cache
from importlib import import_module
from threading import Lock
from typing import Any

from vouch.schemas.process.hidden_modules import hidden

_importing = Lock()

# Detector: Presidio's class, and the words in lower case of which one must be near the number.
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
_CHECKSUMS = {"credit_card": "CreditCardRecognizer", "iban_code": "IbanRecognizer"}
_CLASSES = {detector: name for detector, (name, _) in _IDENTITIES.items()} | _CHECKSUMS

IDENTITIES_BY_WORD: dict[str, list[str]] = {}
for _detector, (_, _words) in _IDENTITIES.items():
    for _word in _words:
        IDENTITIES_BY_WORD.setdefault(_word, []).append(_detector)
# The longest first, so that the whole of a name is matched and not only its beginning.
_LONGEST_FIRST = sorted(IDENTITIES_BY_WORD, key=len, reverse=True)
IDENTITY_WORDS = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})(?!\w)")


def recognise(detector: str, text: str) -> list[tuple[int, int]]:
    """Return the spans, in code points of this text, that the detector's recogniser accepts."""
    recogniser = _recogniser(detector)
    results = recogniser.analyze(text, recogniser.supported_entities, nlp_artifacts=None)
    return sorted((int(result.start), int(result.end)) for result in results)


def _presidio() -> Any:  # noqa: ANN401 - a module
    """Import Presidio's recognisers without the libraries of language models.

    Presidio imports those where they are installed, though no pattern recogniser uses them: that
    costs four seconds and 300 MB.
    """
    with _importing, hidden("torch", "transformers", "stanza"):
        return import_module("presidio_analyzer.predefined_recognizers")


@cache
def _recogniser(detector: str) -> Any:  # noqa: ANN401 - one of Presidio's classes
    presidio = _presidio()
    if detector == "email_address":
        return _email_recogniser()
    return getattr(presidio, _CLASSES[detector])()


def _email_recogniser() -> Any:  # noqa: ANN401
    """Return Presidio's recogniser with the packaged public suffix list, not a downloaded one."""
    import tldextract

    extract = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)

    class OfflineEmailRecognizer(_presidio().EmailRecognizer):  # type: ignore[misc]
        def validate_result(self, pattern_text: str) -> bool:
            return extract(pattern_text).fqdn != ""

    return OfflineEmailRecognizer()
