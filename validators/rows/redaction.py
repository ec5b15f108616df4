"""Masks what the content policy wants redacted, character for character, so that every span stays what it was."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vouch.schemas.gate import PolicySettings
from vouch.schemas.ids import fingerprint
from vouch.schemas.records import Document, Element, Metadata
from vouch.validators.policy import KINDS, Finding, find, policy_version

MASK = "\u2588"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Changes a document before it is chunked: what is embedded, kept and found again holds the mask."""

    kinds: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Changes when something else may be masked."""
        return fingerprint({"kinds": self.kinds, "version": policy_version()})

    def __call__(self, document: Document) -> tuple[Document, dict[str, int]]:
        """The document, and how often what was masked in its text: `personal_data/email_address`: 2."""
        found = find(document.text, self.kinds)
        text = masked(document.text, found)
        elements = tuple(self._element(element) for element in document.elements)
        counts = Counter(f"{one.kind}/{one.what}" for one in found)
        links = tuple(replace(link, target=self.mask(link.target)) for link in document.links)
        metadata = self._metadata(document.metadata)
        return replace(
            document, text=text, elements=elements, metadata=metadata, links=links
        ), dict(counts)

    def mask(self, text: str) -> str:
        """The text, of the same length."""
        return masked(text, find(text, self.kinds))

    def _element(self, element: Element) -> Element:
        return replace(
            element, heading_path=tuple(self.mask(title) for title in element.heading_path)
        )

    def _metadata(self, metadata: Metadata) -> Metadata:
        extra = tuple((key, self.mask(value)) for key, value in metadata.extra)
        return replace(
            metadata,
            extra=extra,
            title=self._masked(metadata.title),
            author=self._masked(metadata.author),
        )

    def _masked(self, text: str | None) -> str | None:
        return None if text is None else self.mask(text)


def masked(text: str, findings: Iterable[Finding]) -> str:
    """The text, of the same length, with what was found in it masked."""
    characters = list(text)
    for one in findings:
        characters[one.start : one.end] = MASK * (one.end - one.start)
    return "".join(characters)


def redactor(policy: PolicySettings) -> Redactor | None:
    """What masks as the policy says; None where it redacts nothing."""
    kinds = tuple(kind for kind in KINDS if getattr(policy, kind) == "redact")
    return Redactor(kinds) if kinds else None
