"""Masks what the content policy wants redacted, character for character, so that every span stays what it was."""

from collections import Counter
from dataclasses import dataclass, replace

from schemas.gate import PolicySettings
from schemas.ids import fingerprint
from schemas.records import Document, Element, Metadata
from validators.policy import KINDS, find, policy_version

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
        found = Counter(f"{one.kind}/{one.what}" for one in find(document.text, self.kinds))
        elements = tuple(self._element(element) for element in document.elements)
        links = tuple(replace(link, target=self.mask(link.target)) for link in document.links)
        metadata = self._metadata(document.metadata)
        masked = replace(document, text=self.mask(document.text), elements=elements, metadata=metadata, links=links)
        return masked, dict(found)

    def mask(self, text: str) -> str:
        """The text, of the same length."""
        characters = list(text)
        for one in find(text, self.kinds):
            characters[one.start : one.end] = MASK * (one.end - one.start)
        return "".join(characters)

    def _element(self, element: Element) -> Element:
        return replace(element, heading_path=tuple(self.mask(title) for title in element.heading_path))

    def _metadata(self, metadata: Metadata) -> Metadata:
        extra = tuple((key, self.mask(value)) for key, value in metadata.extra)
        return replace(metadata, extra=extra, title=self._masked(metadata.title), author=self._masked(metadata.author))

    def _masked(self, text: str | None) -> str | None:
        return None if text is None else self.mask(text)


def redactor(policy: PolicySettings) -> Redactor | None:
    """What masks as the policy says; None where it redacts nothing."""
    kinds = tuple(kind for kind in KINDS if getattr(policy, kind) == "redact")
    return Redactor(kinds) if kinds else None
