"""Applies the content policy to a shard's chunk rows: flags, rejects, counts of findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vouch.index.store.row_builders import Row
from vouch.parsers.common.text.encoding_doubts import DOUBTFUL_ENCODING
from vouch.parsers.pdf.ocr.scanned_pages import page_ranges
from vouch.parsers.pdf.text.garbled_text import GARBLED_PAGES
from vouch.parsers.registry import reads_garbled_text
from vouch.pipeline.stages.aggregation import EXAMPLES, merge
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Reason, Reject, Stage
from vouch.schemas.runs.record import Example, PolicyFinding
from vouch.schemas.settings.gates import PolicySettings
from vouch.validators.policy import KINDS, Finding, find
from vouch.validators.rows.mojibake import garbled
from vouch.validators.rows.near_duplicates import signatures
from vouch.validators.rows.redaction import MASK, SENSITIVE, masked, redactor, report_redactor

_EXCERPT = 300  # characters of a rejected chunk that quarantine keeps
_CONTEXT = 40  # characters shown on each side of a finding
_GARBLED_TEXT = "garbled_text"
_REPLACED = "\ufffd"
_BY_PARSERS = (_GARBLED_TEXT, DOUBTFUL_ENCODING)  # kinds of findings


def apply_policy(
    policy: PolicySettings, documents: Sequence[ProcessedDocument]
) -> list[ProcessedDocument]:
    """Fill in `findings` of every document, `flags` and `minhash` of every chunk row, and reject
    the rows that the policy quarantines.
    """
    masks = redactor(policy) is not None
    kinds = [kind for kind in KINDS if getattr(policy, kind) not in ("off", "redact")]
    return [_apply(policy, document, kinds, masks) for document in documents]


def _apply(
    policy: PolicySettings,
    document: ProcessedDocument,
    kinds: Sequence[str],
    masks: bool,
) -> ProcessedDocument:
    counts = _Counts(policy, document.origin.uri)
    redacted = document.parsed.redactions if document.parsed else {}
    for name, count in redacted.items():
        kind, detector = name.split("/", 1)
        counts.add(kind, detector, "masked", count)
    garbled_pages = _garbled_pages(document)
    if garbled_pages:
        shown = f"page {page_ranges(sorted(page - 1 for page in garbled_pages))}"
        counts.add(_GARBLED_TEXT, "pdf_page", shown, len(garbled_pages))
    doubt = _doubt(document)
    if doubt:
        counts.add(DOUBTFUL_ENCODING, "document", doubt)
    texts = [row["text"] for row in document.chunks]
    kept, rejects = [], []
    for row, is_garbled, signature in zip(
        document.chunks, garbled(texts), signatures(texts), strict=True
    ):
        findings = find(row["text"], kinds)
        for finding in findings:
            counts.add(finding.kind, finding.detector, _excerpt(row, finding, findings))
        flags = {finding.kind for finding in findings}
        pages = range(row["page_start"] or 0, (row["page_end"] or 0) + 1)
        flags |= {"garbled"} if is_garbled or not garbled_pages.isdisjoint(pages) else set()
        flags |= {"garbled"} if doubt and _may_be_wrong(row["text"], doubt) else set()
        flags |= {"redacted"} if masks and MASK in row["text"] else set()
        reject = _reject(policy, row, findings)
        if reject:
            rejects.append(reject)
        else:
            kept.append(row | {"minhash": signature, "flags": sorted(flags)})
    kept_rows = replace(document, chunks=tuple(kept), findings=counts.rows())
    return kept_rows.with_rejects(rejects)


def _garbled_pages(document: ProcessedDocument) -> frozenset[int]:
    """Return the garbled pages of a PDF that are published as they are, from 1."""
    parser = document.origin.parser
    if not (document.parsed and parser and reads_garbled_text(parser)):
        return frozenset()
    ranges = str(dict(document.parsed.document.metadata.extra).get(GARBLED_PAGES, ""))
    ends = [part.split("-") for part in ranges.split(", ") if part]
    return frozenset(page for end in ends for page in range(int(end[0]), int(end[-1]) + 1))


def _doubt(document: ProcessedDocument) -> str:
    """Return in words what is doubtful about the encoding of a document; "" where nothing is."""
    if document.parsed is None:
        return ""
    return str(dict(document.parsed.document.metadata.extra).get(DOUBTFUL_ENCODING, ""))


def _may_be_wrong(text: str, doubt: str) -> bool:
    """Return whether a doubt concerns a chunk: ASCII is the same in all encodings."""
    return _REPLACED in text or ("guess" in doubt and not text.isascii())


def _reject(policy: PolicySettings, row: Row, findings: Sequence[Finding]) -> Reject | None:
    refused = [finding for finding in findings if getattr(policy, finding.kind) == "quarantine"]
    if not refused:
        return None
    reasons = ", ".join(sorted({f"{finding.kind} ({finding.detector})" for finding in refused}))
    message = f"the content policy quarantines {reasons}: {_excerpt(row, refused[0], findings)}"
    # What is quarantined for one reason may hold secrets besides; nobody is to read them in a
    # report.
    excerpt = report_redactor.mask(row["text"])[:_EXCERPT]
    span = (row["char_start"], row["char_end"])
    return Reject(Stage.CHECK, Reason.POLICY, message, span, excerpt)


def _excerpt(row: Row, finding: Finding, findings: Iterable[Finding]) -> str:
    """Return the finding's span in the canonical text and the text around it, with sensitive data
    masked.
    """
    text = row["text"]
    if finding.kind in SENSITIVE:
        text = masked(text, [alike for alike in findings if alike.kind == finding.kind])
    context = " ".join(text[max(0, finding.start - _CONTEXT) : finding.end + _CONTEXT].split())
    start = row["char_start"]
    return f"[{start + finding.start}:{start + finding.end}] …{context}…"


@dataclass(slots=True)
class _Count:
    count: int = 0
    examples: list[Example] = field(default_factory=list)


class _Counts:
    """Counts a document's findings by kind and detector, with the first few as examples."""

    def __init__(self, policy: PolicySettings, uri: str) -> None:
        self._policy = policy
        self._uri = uri
        self._counts: dict[tuple[str, str], _Count] = {}

    def add(self, kind: str, detector: str, message: str, count: int = 1) -> None:
        total = self._counts.setdefault((kind, detector), _Count())
        total.count += count
        if len(total.examples) < EXAMPLES:
            total.examples.append(Example(uri=self._uri, message=message))

    def rows(self) -> tuple[PolicyFinding, ...]:
        return tuple(
            PolicyFinding(
                kind=kind,
                what=detector,
                # What happens to garbled text is decided where the document is parsed.
                action="flag" if kind in _BY_PARSERS else getattr(self._policy, kind),
                count=total.count,
                documents=1,
                examples=tuple(total.examples),
            )
            for (kind, detector), total in sorted(self._counts.items())
        )


def merge_findings(findings: Iterable[PolicyFinding]) -> tuple[PolicyFinding, ...]:
    """Add up findings of documents or shards, by kind and detector; the most frequent first."""
    merged = merge(findings, lambda finding: (finding.kind, finding.what), ("count", "documents"))
    return tuple(sorted(merged, key=lambda finding: (-finding.count, finding.kind, finding.what)))
