"""What a text must not carry into an index: personal data, secrets, hidden text, instructions to a language model.

Patterns and checksums, no language model and no network. Each detector first asks a cheap question of the whole text
(an at-sign? a known prefix? a character that cannot be seen?), so that clean text costs little, and gives the libraries only
short candidates: that keeps the time linear whatever the text is. Libraries are imported at the first candidate.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from importlib.metadata import version
from unicodedata import unidata_version

from vouch.validators.policy.finding import Finding, apart
from vouch.validators.policy.hidden_text import find_hidden_text
from vouch.validators.policy.injection import find_injection
from vouch.validators.policy.personal_data import find_personal_data
from vouch.validators.policy.secrets import find_secrets

__all__ = ["KINDS", "Finding", "find", "policy_version"]

KINDS = ("personal_data", "secrets", "hidden_text", "injection")

_VERSION = "1"  # to be raised with every change of what is found
_LIBRARIES = ("presidio-analyzer", "phonenumbers", "tldextract", "detect-secrets")
_DETECTORS: dict[str, Callable[[str], Iterable[Finding]]] = {
    "personal_data": find_personal_data,
    "secrets": find_secrets,
    "hidden_text": find_hidden_text,
    "injection": find_injection,
}


def find(text: str, kinds: Collection[str]) -> list[Finding]:
    """What of these kinds stands in the text, by start; two findings of one kind never overlap.

    Any string will do, lone surrogates too. Raises `ValueError` for a kind that is not one of `KINDS`.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(
            f"no such kind of finding: {', '.join(unknown)}; there are {', '.join(KINDS)}"
        )
    found = [
        finding for kind in KINDS if kind in kinds for finding in apart(_DETECTORS[kind](text))
    ]
    return sorted(found, key=lambda one: (one.start, one.end, one.kind))


@cache
def policy_version() -> str:
    """What the findings depend on besides the text: this package's version, its libraries', and that of Unicode's tables."""
    libraries = (f"{name} {version(name)}" for name in _LIBRARIES)
    return "; ".join((f"policy {_VERSION}", *libraries, f"unicode {unidata_version}"))
