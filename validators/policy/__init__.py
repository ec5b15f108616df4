"""Find what must not get into an index: personal data, secrets, hidden text, prompt injection.

By patterns and checksums, without a language model and without the network. Each detector first
looks for something cheap in the whole text (an at-sign, a known prefix, an invisible character), so
that clean text costs little, and passes only short candidates to the libraries: that keeps the time
linear for any text. Libraries are imported at the first candidate.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from importlib.metadata import version
from unicodedata import unidata_version

from vouch.validators.policy.finding import Finding, without_overlaps
from vouch.validators.policy.hidden_text import find_hidden_text
from vouch.validators.policy.injection import find_injection
from vouch.validators.policy.personal_data import find_personal_data
from vouch.validators.policy.secrets import find_secrets

__all__ = ["KINDS", "Finding", "find", "policy_version"]

KINDS = ("personal_data", "secrets", "hidden_text", "injection", "possible_injection")

_VERSION = "3"  # raise it with every change of what is found
_LIBRARIES = ("presidio-analyzer", "phonenumbers", "tldextract", "detect-secrets")
_DETECTORS: tuple[tuple[frozenset[str], Callable[[str], Iterable[Finding]]], ...] = (
    (frozenset({"personal_data"}), find_personal_data),
    (frozenset({"secrets"}), find_secrets),
    (frozenset({"hidden_text"}), find_hidden_text),
    (frozenset({"injection", "possible_injection"}), find_injection),
)


def find(text: str, kinds: Collection[str]) -> list[Finding]:
    """Return the findings of these kinds by start; two of one kind never overlap.

    The text may be any string, lone surrogates too. Raises `ValueError` for a kind that is not one
    of `KINDS`.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(
            f"no such kind of finding: {', '.join(unknown)}; there are {', '.join(KINDS)}"
        )
    findings: list[Finding] = []
    for detected, detect in _DETECTORS:
        requested = detected.intersection(kinds)
        of_detector = list(detect(text)) if requested else []
        for kind in sorted(requested):
            findings += without_overlaps(finding for finding in of_detector if finding.kind == kind)
    return sorted(findings, key=lambda finding: (finding.start, finding.end, finding.kind))


@cache
def policy_version() -> str:
    """Return what findings depend on besides the text: versions of code, libraries, Unicode."""
    libraries = (f"{name} {version(name)}" for name in _LIBRARIES)
    return "; ".join((f"policy {_VERSION}", *libraries, f"unicode {unidata_version}"))
