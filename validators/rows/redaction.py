"""Mask what the content policy redacts, character by character, so that every span stays valid."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import Document, Metadata
from vouch.schemas.documents.values import Scalar, Value, texts
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.policy import KINDS, Finding, find, policy_version

MASK = "\u2588"


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks a document before it is chunked: what is stored, embedded and found has the mask."""

    kinds: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Return what changes when another text may be masked."""
        return fingerprint({"kinds": self.kinds, "version": policy_version()})

    def __call__(self, document: Document) -> tuple[Document, dict[str, int]]:
        """Return the masked document, and how often each detector found something in its text.

        The counts are by kind and detector, such as `personal_data/email_address`.
        """
        findings = find(document.text, self.kinds)
        counts = Counter(f"{finding.kind}/{finding.detector}" for finding in findings)
        redacted = replace(
            document,
            text=masked(document.text, findings),
            elements=tuple(
                replace(element, heading_path=tuple(map(self.mask, element.heading_path)))
                for element in document.elements
            ),
            metadata=self._metadata(document.metadata),
            links=tuple(replace(link, target=self.mask(link.target)) for link in document.links),
            left_out=tuple(
                replace(row, examples=tuple(map(self.mask, row.examples)))
                for row in document.left_out
            ),
            damaged=tuple(
                replace(part, name=self.mask(part.name), message=self.mask(part.message))
                for part in document.damaged
            ),
        )
        return redacted, dict(counts)

    def mask(self, text: str) -> str:
        """Return the masked text, of the same length."""
        return masked(text, find(text, self.kinds))

    def _value(self, value: Value) -> Value:
        """Return a masked value; one that is no text, such as a number, may become a text."""
        if isinstance(value, tuple):
            return tuple(self._scalar(entry) for entry in value)
        return self._scalar(value)

    def _scalar(self, value: Scalar) -> Scalar:
        text = texts(value)[0]
        hidden = self.mask(text)
        return value if hidden == text else hidden

    def _metadata(self, metadata: Metadata) -> Metadata:
        return replace(
            metadata,
            extra=tuple((key, self._value(value)) for key, value in metadata.extra),
            written=tuple((key, self.mask(text)) for key, text in metadata.written),
            title=None if metadata.title is None else self.mask(metadata.title),
            author=None if metadata.author is None else self.mask(metadata.author),
        )


SENSITIVE = ("personal_data", "secrets")
"""Kinds of findings that nobody is to read in a report, whatever the policy says."""
report_redactor = Redactor(SENSITIVE)


def masked(text: str, findings: Iterable[Finding]) -> str:
    """Return the text, of the same length, with these findings masked."""
    characters = list(text)
    for finding in findings:
        characters[finding.start : finding.end] = MASK * (finding.end - finding.start)
    return "".join(characters)


def redactor(policy: PolicySettings) -> Redactor | None:
    """Return a redactor of the kinds that the policy redacts; None where it redacts nothing."""
    kinds = tuple(kind for kind in KINDS if getattr(policy, kind) == "redact")
    return Redactor(kinds) if kinds else None
