"""Why a check that fails matters to people who search, and what is left out of it, in words."""

from collections.abc import Mapping

from vouch.schemas.documents.records import LeftOutKind
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome

_LOST_CONTEXT = "Chunks lose their context: a clause without the name of its contract."
_EMPTY_FIELD = "A field is empty: filters on it find nothing, and no error says so."
_UNTITLED = "A hit without a title cannot be distinguished from similar hits."
_REPEATED = "The same text many times pushes other answers out of the first hits."
_DUPLICATES = "Hits with the same text take the places of other answers."
_LANGUAGES = "Questions in one language may be answered in another."
_QUARANTINE = "Quarantined documents are not searched."

_WHY = {
    CheckId.ACCOUNTING: "A document or chunk was lost during the run.",
    CheckId.QUARANTINE_SHARE: _QUARANTINE,
    CheckId.QUARANTINE_SHARE_WARN: _QUARANTINE,
    CheckId.PUBLISHED_DOCUMENTS: "The index would be smaller than the settings allow.",
    CheckId.UNTITLED_SHARE: _UNTITLED,
    CheckId.REPEATED_TEXT_SHARE: _REPEATED,
    CheckId.UNKNOWN_LANGUAGE_SHARE: "Filters by language miss chunks whose language is unknown.",
    CheckId.UNKNOWN_TOKEN_SHARE: "Vectors of such texts say next to nothing of them.",
    CheckId.SOURCE_DOCUMENTS: "The source has fewer or more documents than its contract says.",
    CheckId.SOURCE_AGE: "The source brings nothing new: answers are outdated, without any error.",
    CheckId.SOURCE_QUARANTINE_SHARE: _QUARANTINE,
    CheckId.FIELD_MISSING_SHARE: _EMPTY_FIELD,
    CheckId.FIELD_UNIQUE: "Two documents have the same value of a field that identifies them.",
    CheckId.DOCUMENT_LANGUAGE: _LANGUAGES,
    CheckId.FIELD_NAMES: "The source has changed its shape.",
    CheckId.POLICY_PERSONAL_DATA: "Everybody who may search can find this personal data.",
    CheckId.POLICY_SECRETS: "An indexed key is a leaked key: change it at its provider.",
    CheckId.POLICY_HIDDEN_TEXT: "Models read text that people do not see.",
    CheckId.POLICY_INJECTION: "A chunk quoted to a language model may give it instructions.",
    CheckId.POLICY_POSSIBLE_INJECTION: "Requests that a language model may take for its own.",
    CheckId.POLICY_GARBLED_TEXT: "Nobody finds these pages; set parsing.garbled_text to ocr.",
    CheckId.POLICY_DOUBTFUL_ENCODING: "Letters may be wrong; save these documents as UTF-8.",
    CheckId.POLICY_EXACT_DUPLICATES: _DUPLICATES,
    CheckId.POLICY_NEAR_DUPLICATES: _DUPLICATES,
    CheckId.POLICY_BOILERPLATE: _DUPLICATES,
    CheckId.DRIFT_DOCUMENTS: "Many documents disappeared, or many came at once.",
    CheckId.DRIFT_CHUNKS: "Much of the text disappeared, or much came at once.",
    CheckId.DRIFT_CHUNK_TOKENS: "Chunks are cut differently: a parser or a template has changed.",
    CheckId.DRIFT_DOCUMENT_CHARS: "Documents are longer or shorter: parts are missing or doubled.",
    CheckId.DRIFT_HEADING_DEPTH: _LOST_CONTEXT,
    CheckId.DRIFT_WITHOUT_HEADING: _LOST_CONTEXT,
    CheckId.DRIFT_LANGUAGES: _LANGUAGES,
    CheckId.DRIFT_FORMATS: "Documents come in other formats: another export, another parser.",
    CheckId.DRIFT_SOURCES: "One source weighs more than before and pushes out others' answers.",
    CheckId.DRIFT_UNTITLED: _UNTITLED,
    CheckId.DRIFT_UNKNOWN_LANGUAGE: "Text that is no prose, or is unreadable, crowds out answers.",
    CheckId.DRIFT_REPEATED: _REPEATED,
    CheckId.DRIFT_BOILERPLATE: "Text of every document answers nothing and is found often.",
    CheckId.DRIFT_QUARANTINED: "More of the new documents cannot be read: they are not searched.",
    CheckId.DRIFT_GARBLED: "Text decoded with the wrong encoding matches no query.",
    CheckId.DRIFT_FLAGGED: "More of the new text is flagged by the content policy.",
    CheckId.DRIFT_LEFT_OUT: "More or less is searched of each document: see what is left out.",
    CheckId.DRIFT_MISSING: _EMPTY_FIELD,
    CheckId.DRIFT_VOCABULARY: "New text uses other words: another subject, language or encoding.",
    CheckId.DRIFT_VECTORS: "New text lies elsewhere in vector space: another subject or model.",
    CheckId.DRIFT_USUAL_RANGE: "A figure left the range of the last runs.",
    CheckId.EMBEDDING_REPRODUCIBILITY: "The model changed: queries and chunks no longer match.",
    CheckId.MODEL_CHANGE: "Every vector is new. If nobody meant it, put the old model back.",
    CheckId.GOLDEN_MINIMUM: "Search answers fewer of these questions than was agreed.",
    CheckId.GOLDEN_NEGATIVE: "Search answers a question from a document that must not answer it.",
    CheckId.GOLDEN_TREND: "Search loses answers slowly, run by run.",
    CheckId.LANGUAGE_LEAK: _LANGUAGES,
    CheckId.CONTRACT_REJECTS: "The contract did its work: these documents are not searched.",
    CheckId.GOLDEN_QUERIES: "Search finds fewer of the answers that are known.",
}


def why(check: Check) -> str:
    """Return the reason in one sentence; empty where the check's own message is enough, as that of
    a check that could not be made.
    """
    return "" if check.outcome is Outcome.NOT_CHECKED else _WHY.get(check.id, "")


LEFT_OUT_KINDS: Mapping[str, str] = {
    LeftOutKind.RUNNING_HEADER: "headers and footers of pages",
    LeftOutKind.PAGE_NUMBER: "page numbers",
    LeftOutKind.BOILERPLATE: "boilerplate: navigation, sidebars, notices around the content",
    LeftOutKind.SIGNATURE: "signatures of mails",
    LeftOutKind.QUOTED_MAIL: "earlier mails that a mail repeats",
    LeftOutKind.HIDDEN: "text that the format hides from readers",
    LeftOutKind.DELETED: "what tracked changes take out",
    LeftOutKind.WATERMARK: "watermarks",
    LeftOutKind.ALTERNATIVE: "another form of what is searched, such as plain text beside HTML",
    LeftOutKind.REPEATED: "what a document says twice",
    LeftOutKind.FIGURE: "what is read in pictures without certainty",
    LeftOutKind.METADATA: "metadata, such as front matter",
}


def left_out_kind(kind: str) -> str:
    """Return what such texts are; a kind of a newer version's record by its name."""
    return LEFT_OUT_KINDS.get(kind, kind.replace("_", " "))
