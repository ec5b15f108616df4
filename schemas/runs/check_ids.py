"""The stable ids of the checks in a verdict, and what each check measures.

A check's `name` is text for people and may be reworded; whatever filters, groups or decides uses
the id.
"""

import re
from enum import StrEnum


class Measure(StrEnum):
    """What the figure of a check is, with its unit."""

    COUNT = "count"
    """A number of rows, documents, findings or sums, as the check's name says."""
    SHARE = "share"
    """A share of the rows of the check's scope, between 0 and 1."""
    HOURS = "hours"
    COSINE = "cosine similarity"
    DISTANCE = "drift distance"
    """As `vouch.schemas.settings.drift.DriftThresholds` defines it for each figure."""
    SCORE_LOSS = "score loss"
    """The published mean of a retrieval metric less the candidate's."""
    SCORE = "score"
    """A mean of a retrieval metric, between 0 and 1."""


class CheckId(StrEnum):
    """A kind of check; `Check.scope` and `Check.subject` say of which source, field or metric."""

    ACCOUNTING = "accounting"

    DOCUMENT_ID_UNIQUE = "document_id_unique"
    QUARANTINE_SHARE = "quarantine_share"
    QUARANTINE_SHARE_WARN = "quarantine_share_warn"
    PUBLISHED_DOCUMENTS = "published_documents"
    CHUNK_COUNT = "chunk_count"
    UNTITLED_SHARE = "untitled_share"
    CHUNK_ID_UNIQUE = "chunk_id_unique"
    CHUNK_HAS_DOCUMENT = "chunk_has_document"
    SINGLE_GENERATION = "single_generation"
    REPEATED_TEXT_SHARE = "repeated_text_share"
    UNKNOWN_LANGUAGE_SHARE = "unknown_language_share"
    UNKNOWN_TOKEN_SHARE = "unknown_token_share"

    SOURCE_DOCUMENTS = "source_documents"
    SOURCE_AGE = "source_age"
    SOURCE_QUARANTINE_SHARE = "source_quarantine_share"
    FIELD_MISSING_SHARE = "field_missing_share"
    FIELD_UNIQUE = "field_unique"

    # Row rules of a source's contract that warn or block: those that quarantine make no check.
    DOCUMENT_LANGUAGE = "document_language"
    DOCUMENT_MIN_CHARS = "document_min_chars"
    DOCUMENT_MAX_CHARS = "document_max_chars"
    DOCUMENT_MAX_MB = "document_max_mb"
    FIELD_REQUIRED = "field_required"
    FIELD_TYPE = "field_type"
    FIELD_MIN = "field_min"
    FIELD_MAX = "field_max"
    FIELD_PATTERN = "field_pattern"
    FIELD_ALLOWED = "field_allowed"
    FIELD_NAMES = "field_names"

    POLICY_PERSONAL_DATA = "policy_personal_data"
    POLICY_SECRETS = "policy_secrets"
    POLICY_HIDDEN_TEXT = "policy_hidden_text"
    POLICY_INJECTION = "policy_injection"
    POLICY_POSSIBLE_INJECTION = "policy_possible_injection"
    POLICY_GARBLED_TEXT = "policy_garbled_text"
    POLICY_DOUBTFUL_ENCODING = "policy_doubtful_encoding"
    POLICY_EXACT_DUPLICATES = "policy_exact_duplicates"
    POLICY_NEAR_DUPLICATES = "policy_near_duplicates"
    POLICY_BOILERPLATE = "policy_boilerplate"

    DRIFT_DOCUMENTS = "drift_documents"
    DRIFT_CHUNKS = "drift_chunks"
    DRIFT_CHUNK_TOKENS = "drift_chunk_tokens"
    DRIFT_DOCUMENT_CHARS = "drift_document_chars"
    DRIFT_HEADING_DEPTH = "drift_heading_depth"
    DRIFT_LANGUAGES = "drift_languages"
    DRIFT_FORMATS = "drift_formats"
    DRIFT_SOURCES = "drift_sources"
    DRIFT_UNTITLED = "drift_untitled"
    DRIFT_WITHOUT_HEADING = "drift_without_heading"
    DRIFT_UNKNOWN_LANGUAGE = "drift_unknown_language"
    DRIFT_REPEATED = "drift_repeated"
    DRIFT_BOILERPLATE = "drift_boilerplate"
    DRIFT_QUARANTINED = "drift_quarantined"
    DRIFT_GARBLED = "drift_garbled"
    DRIFT_FLAGGED = "drift_flagged"
    DRIFT_LEFT_OUT = "drift_left_out"
    DRIFT_MISSING = "drift_missing"
    DRIFT_VOCABULARY = "drift_vocabulary"
    DRIFT_VECTORS = "drift_vectors"
    DRIFT_USUAL_RANGE = "drift_usual_range"

    EMBEDDING_REPRODUCIBILITY = "embedding_reproducibility"
    MODEL_CHANGE = "model_change"
    """The model, or its weights, are others than those of the published vectors."""
    GOLDEN_QUERIES = "golden_queries"
    GOLDEN_MINIMUM = "golden_minimum"
    """A minimum of `retrieval.require`; the subject is `overall`, `tag:NAME` or another group."""
    GOLDEN_NEGATIVE = "golden_negative"
    """Queries that must not be answered, or not from some documents, and are."""
    GOLDEN_TREND = "golden_trend"
    """A loss over many runs that no single run's tolerance notices; the subject as above."""
    LANGUAGE_LEAK = "language_leak"
    """The share of hits in another language than the query's."""
    CONTRACT_REJECTS = "contract_rejects"
    """Documents of a source that its contract or the content policy put into quarantine."""

    UNKNOWN = "unknown"
    """Of a stored record whose check no version of this program knows; the subject is its name."""

    @property
    def measure(self) -> Measure:
        """What the figure of such a check is."""
        if self in _MEASURES:
            return _MEASURES[self]
        return Measure.DISTANCE if self.startswith("drift_") else Measure.COUNT


_MEASURES = {
    CheckId.QUARANTINE_SHARE: Measure.SHARE,
    CheckId.QUARANTINE_SHARE_WARN: Measure.SHARE,
    CheckId.UNTITLED_SHARE: Measure.SHARE,
    CheckId.REPEATED_TEXT_SHARE: Measure.SHARE,
    CheckId.UNKNOWN_LANGUAGE_SHARE: Measure.SHARE,
    CheckId.UNKNOWN_TOKEN_SHARE: Measure.SHARE,
    CheckId.SOURCE_AGE: Measure.HOURS,
    CheckId.SOURCE_QUARANTINE_SHARE: Measure.SHARE,
    CheckId.FIELD_MISSING_SHARE: Measure.SHARE,
    CheckId.POLICY_EXACT_DUPLICATES: Measure.SHARE,
    CheckId.POLICY_NEAR_DUPLICATES: Measure.SHARE,
    CheckId.POLICY_BOILERPLATE: Measure.SHARE,
    CheckId.DRIFT_USUAL_RANGE: Measure.COUNT,
    CheckId.EMBEDDING_REPRODUCIBILITY: Measure.COSINE,
    CheckId.MODEL_CHANGE: Measure.COSINE,
    CheckId.GOLDEN_QUERIES: Measure.SCORE_LOSS,
    CheckId.GOLDEN_MINIMUM: Measure.SCORE,
    CheckId.GOLDEN_TREND: Measure.SCORE_LOSS,
    CheckId.LANGUAGE_LEAK: Measure.SHARE,
}
"""Checks that measure neither a drift distance nor a count."""


OLD_NAMES = {
    "the sums of the run close": CheckId.ACCOUNTING,
    "document ids are unique": CheckId.DOCUMENT_ID_UNIQUE,
    "quarantined share": CheckId.QUARANTINE_SHARE,
    "quarantined share to look at": CheckId.QUARANTINE_SHARE_WARN,
    "published documents": CheckId.PUBLISHED_DOCUMENTS,
    "every document has the chunks that it counts": CheckId.CHUNK_COUNT,
    "untitled share": CheckId.UNTITLED_SHARE,
    "chunk ids are unique": CheckId.CHUNK_ID_UNIQUE,
    "every chunk belongs to a published document": CheckId.CHUNK_HAS_DOCUMENT,
    "all chunks are of one generation": CheckId.SINGLE_GENERATION,
    "share of repeated texts": CheckId.REPEATED_TEXT_SHARE,
    "share of unknown language": CheckId.UNKNOWN_LANGUAGE_SHARE,
    "SOURCE: published documents": CheckId.SOURCE_DOCUMENTS,
    "SOURCE: hours since its newest document": CheckId.SOURCE_AGE,
    "SOURCE: quarantined share": CheckId.SOURCE_QUARANTINE_SHARE,
    "policy: personal data": CheckId.POLICY_PERSONAL_DATA,
    "policy: secrets": CheckId.POLICY_SECRETS,
    "policy: hidden text": CheckId.POLICY_HIDDEN_TEXT,
    "policy: injection": CheckId.POLICY_INJECTION,
    "policy: share of exact duplicates": CheckId.POLICY_EXACT_DUPLICATES,
    "policy: share of near duplicates": CheckId.POLICY_NEAR_DUPLICATES,
    "policy: share of boilerplate": CheckId.POLICY_BOILERPLATE,
    "drift: documents": CheckId.DRIFT_DOCUMENTS,
    "drift: chunks": CheckId.DRIFT_CHUNKS,
    "drift: chunk tokens": CheckId.DRIFT_CHUNK_TOKENS,
    "drift: document chars": CheckId.DRIFT_DOCUMENT_CHARS,
    "drift: heading depth": CheckId.DRIFT_HEADING_DEPTH,
    "drift: languages": CheckId.DRIFT_LANGUAGES,
    "drift: formats": CheckId.DRIFT_FORMATS,
    "drift: sources": CheckId.DRIFT_SOURCES,
    "drift: untitled": CheckId.DRIFT_UNTITLED,
    "drift: without heading": CheckId.DRIFT_WITHOUT_HEADING,
    "drift: unknown language": CheckId.DRIFT_UNKNOWN_LANGUAGE,
    "drift: repeated": CheckId.DRIFT_REPEATED,
    "drift: boilerplate": CheckId.DRIFT_BOILERPLATE,
    "drift: quarantined": CheckId.DRIFT_QUARANTINED,
    "drift: garbled": CheckId.DRIFT_GARBLED,
    "drift: flagged": CheckId.DRIFT_FLAGGED,
    "drift: missing": CheckId.DRIFT_MISSING,
    "drift: vocabulary": CheckId.DRIFT_VOCABULARY,
    "drift: vectors": CheckId.DRIFT_VECTORS,
    "drift: figures are where they have been": CheckId.DRIFT_USUAL_RANGE,
    "published texts get their vectors again": CheckId.EMBEDDING_REPRODUCIBILITY,
}
"""The ids of checks that versions up to 0.5.0 stored by name only, to read their records."""

_OLD_PATTERNS = (
    (re.compile(r"SOURCE: share without (.*)", re.DOTALL), CheckId.FIELD_MISSING_SHARE),
    (re.compile(r"SOURCE: (.*) is unique", re.DOTALL), CheckId.FIELD_UNIQUE),
    (re.compile(r"golden queries: (.*) does not fall"), CheckId.GOLDEN_QUERIES),
)
"""Likewise, of old names that contain a field or a metric, which is the check's subject."""

_OLD_ROW_RULES = (
    (re.compile(r"()language is one of .*", re.DOTALL), CheckId.DOCUMENT_LANGUAGE),
    (re.compile(r"()text has at least \d+ characters"), CheckId.DOCUMENT_MIN_CHARS),
    (re.compile(r"()text has at most \d+ characters"), CheckId.DOCUMENT_MAX_CHARS),
    (re.compile(r"()file has at most \S+ MB"), CheckId.DOCUMENT_MAX_MB),
    (re.compile(r"()fields are those that the contract names"), CheckId.FIELD_NAMES),
    (re.compile(r"(.*) is there", re.DOTALL), CheckId.FIELD_REQUIRED),
    (re.compile(r"(.*) is of type \w+", re.DOTALL), CheckId.FIELD_TYPE),
    (re.compile(r"(.*) is at least \S+", re.DOTALL), CheckId.FIELD_MIN),
    (re.compile(r"(.*) is at most \S+", re.DOTALL), CheckId.FIELD_MAX),
    (re.compile(r"(.*?) matches .*", re.DOTALL), CheckId.FIELD_PATTERN),
    (re.compile(r"(.*?) is one of .*", re.DOTALL), CheckId.FIELD_ALLOWED),
)
"""Likewise, of row rules, whose old names also contain their bounds."""


def id_of_old_rule(rule: str) -> tuple[CheckId, str]:
    """Return the id and subject of a row rule that was stored without an id."""
    for pattern, check_id in _OLD_ROW_RULES:
        match = pattern.fullmatch(rule)
        if match:
            return check_id, match[1]
    return CheckId.UNKNOWN, rule


def id_of_old_name(name: str, scope: str, owner: str) -> tuple[CheckId, str]:
    """Return the id and subject of a check that was stored without an id."""
    if name in OLD_NAMES:
        return OLD_NAMES[name], ""
    of_source = f"SOURCE: {name.removeprefix(f'{scope}: ')}"
    if owner == "pandera":
        return id_of_old_rule(name.removeprefix(f"{scope}: "))
    if of_source in OLD_NAMES:
        return OLD_NAMES[of_source], ""
    for pattern, check_id in _OLD_PATTERNS:
        match = pattern.fullmatch(name) or pattern.fullmatch(of_source)
        if match:
            return check_id, match[1]
    return CheckId.UNKNOWN, name
