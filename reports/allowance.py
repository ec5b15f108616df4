"""The lines of `vouch.yaml` that would let a run pass a check that it failed, and the way back."""

import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import Check, Drift, Outcome, RunRecord, Severity
from vouch.schemas.settings.drift import DriftSettings

_FOR_A_WHILE = timedelta(days=30)
Keys = Mapping[str, Any]
"""Keys of `vouch.yaml`, nested as they are there."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What would let a check pass, or warn instead of reject.

    Attributes:
        settings: Keys of `vouch.yaml`; empty where no setting may do that.
        way_back: What the keys were, for the comment above them.
        instead: What to do where there are no settings for it, in one sentence.
    """

    settings: Keys = field(default_factory=dict)
    way_back: str = ""
    instead: str = ""

    @property
    def yaml(self) -> str:
        """The settings as lines of YAML below a comment; empty where there are none."""
        if not self.settings:
            return ""
        text = io.StringIO()
        writer = YAML()
        writer.indent(mapping=2, sequence=4, offset=2)
        writer.width = 10_000
        writer.dump(_written(self.settings), text)
        return f"# {self.way_back}\n{text.getvalue()}".rstrip()


def allowance(check: Check, record: RunRecord) -> Allowance:
    """Return what would allow this failed check of this run, by its real keys."""
    if check.outcome is Outcome.NOT_CHECKED:
        return Allowance(instead=_NOT_CHECKED)
    return _BY_ID[check.id](check, record)


def above(figure: float) -> float:
    """Return the next number of two digits above a figure."""
    return _next(figure, 1)


def below(figure: float) -> float:
    """Return the next number of two digits below a figure; not below 0."""
    return max(0.0, _next(figure, -1))


def _next(figure: float, direction: int) -> float:
    digits = 1 - math.floor(math.log10(abs(figure))) if figure else 2
    step = 10.0**-digits
    steps = math.floor(figure / step + 1e-9) if direction > 0 else math.ceil(figure / step - 1e-9)
    return round((steps + direction) * step, max(digits, 0))


def _was(check: Check) -> str:
    return f"was {_number(check.threshold)}: put it back when the cause is gone"


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:g}"


def _share(check: Check) -> float:
    """Return a share just above the measured one; the greatest share is 1."""
    return min(1.0, above(check.figure or 0.0))


def _batch(key: str) -> Callable[[Check, RunRecord], Allowance]:
    """Raise a limit of the whole index to just above the figure."""
    return lambda check, _: Allowance({"contracts": {"batch": {key: _share(check)}}}, _was(check))


def _min_documents(check: Check, _: RunRecord) -> Allowance:
    least = int(check.figure or 0)
    return Allowance({"contracts": {"batch": {"min_documents": least}}}, _was(check))


def _of_source(source: str, contract: Keys, way_back: str) -> Allowance:
    """Return keys of a source's contract; its other keys stay as they are."""
    return Allowance({"sources": [{"name": source, "contract": contract}]}, way_back)


def _source_share(check: Check, _: RunRecord) -> Allowance:
    return _of_source(check.scope, {"max_quarantine_share": _share(check)}, _was(check))


def _source_age(check: Check, _: RunRecord) -> Allowance:
    hours = None if check.figure is None else math.ceil(above(check.figure))
    return _of_source(check.scope, {"max_age_h": hours}, _was(check))


def _source_documents(check: Check, _: RunRecord) -> Allowance:
    count = int(check.figure or 0)
    key = "min_documents" if count < (check.threshold or 0) else "max_documents"
    return _of_source(check.scope, {key: count}, _was(check))


def _missing_share(check: Check, _: RunRecord) -> Allowance:
    fields = {check.subject: {"max_missing": _share(check)}}
    return _of_source(check.scope, {"fields": fields}, _was(check))


def _field_rule(check: Check, _: RunRecord) -> Allowance:
    if check.severity is Severity.WARN:
        return Allowance(instead=_WARNS)
    fields = {check.subject: {"severity": "warn"}}
    return _of_source(check.scope, {"fields": fields}, _SEVERITY_BACK)


def _document_rule(check: Check, _: RunRecord) -> Allowance:
    if check.severity is Severity.WARN:
        return Allowance(instead=_WARNS)
    return _of_source(check.scope, {"severity": "warn"}, _SEVERITY_BACK)


def _field_names(check: Check, _: RunRecord) -> Allowance:
    if check.severity is Severity.WARN:
        return Allowance(instead=_WARNS)
    way_back = "was freeze: put it back when the contract names all fields"
    return _of_source(check.scope, {"on_change": "evolve"}, way_back)


def _policy(check: Check, _: RunRecord) -> Allowance:
    """Do the next milder thing with such findings: flag instead of block, note instead of flag."""
    kind = check.id.removeprefix("policy_")
    action, now = ("flag", "block") if check.severity is Severity.REJECT else ("note", "flag")
    return Allowance({"policy": {kind: action}}, f"was {now}: put it back when the text is gone")


def _duplicates(check: Check, _: RunRecord) -> Allowance:
    return Allowance({"policy": {"max_duplicate_share": _share(check)}}, _was(check))


def _drift(check: Check, record: RunRecord) -> Allowance:
    """Raise the thresholds of each part that drifted to just above its largest distance."""
    figure = check.id.removeprefix("drift_")
    worst: dict[str, Drift] = {}
    for drift in sorted(record.drift, key=lambda drift: drift.urgency):
        if drift.figure == figure and drift.level != "none":
            worst.setdefault(drift.part, drift)
    # Where a part rejects, those that warn do not matter.
    level = "block" if any(drift.level == "block" for drift in worst.values()) else "warn"
    concerned = {
        part: drift
        for part, drift in worst.items()
        if drift.level == level and not _is_growth(drift)
    }
    if not concerned:
        return Allowance(instead=_ONCE)
    parts = {part: {figure: _raised(drift)} for part, drift in sorted(concerned.items())}
    before = " and ".join(
        f"{{warn: {_number(drift.warn)}, block: {_number(drift.block)}}} ({part})"
        for part, drift in sorted(concerned.items())
    )
    return Allowance({"drift": parts}, f"was {before}: put it back after this run")


def _is_growth(drift: Drift) -> bool:
    """Return whether it only warns whatever the settings say: more documents or chunks than before.

    No warning may be above the block that holds for what shrinks.
    """
    grew = drift.figure in ("documents", "chunks") and drift.block is None
    return grew and DriftSettings().index.of(drift.figure).block is not None


def _raised(drift: Drift) -> Keys:
    """Return both thresholds, since one alone would switch the other off."""
    higher = above(drift.distance)
    if drift.level == "block":
        return {"warn": drift.warn, "block": higher}
    return {
        "warn": higher if drift.block is None else min(higher, drift.block),
        "block": drift.block,
    }


def _score_loss(check: Check, record: RunRecord) -> Allowance:
    """Tolerate the largest loss of all metrics, which share one tolerance."""
    losses = [failed for failed in record.failed_checks if failed.id is check.id]
    worst = max([check, *losses], key=lambda each: each.figure or 0.0)
    return Allowance({"retrieval": {"tolerance": _share(worst)}}, _was(check))


def _minimum(check: Check, record: RunRecord) -> Allowance:
    """Agree to a lower score for a while, with an owner: the usual one comes back by itself."""
    for_now = {
        "at_least": below(check.figure or 0.0),
        "owner": "NAME",
        "until": (record.started_at + _FOR_A_WHILE).date(),
        "then": check.threshold,
    }
    # Of another metric than recall the table has a key, which has to stay.
    way_back = f"was {_number(check.threshold)}, which comes back by itself; keep its other keys"
    return Allowance({"retrieval": {"require": {check.subject: for_now}}}, way_back)


def _negatives(check: Check, _: RunRecord) -> Allowance:
    if check.severity is Severity.WARN:
        return Allowance(instead=_QUERIES)
    way_back = "was reject: put it back when the documents are corrected"
    return Allowance({"retrieval": {"negatives": "warn"}}, way_back)


def _leak(check: Check, _: RunRecord) -> Allowance:
    if check.severity is Severity.WARN:
        return Allowance(instead=_ONCE)
    return Allowance({"retrieval": {"max_language_leak": _share(check)}}, _was(check))


def _trend(check: Check, _: RunRecord) -> Allowance:
    return Allowance({"retrieval": {"trend": {"loss": _share(check)}}}, _was(check))


def _model_change(check: Check, _: RunRecord) -> Allowance:
    if check.severity is Severity.WARN:
        return Allowance(instead=_MODEL)
    way_back = "was block: put it back when the new model is published"
    return Allowance({"contracts": {"batch": {"model_change": "warn"}}}, way_back)


def _no_setting(instead: str) -> Callable[[Check, RunRecord], Allowance]:
    return lambda *_: Allowance(instead=instead)


def _written(value: Any) -> Any:  # noqa: ANN401 - whatever YAML can hold
    """Return settings as ruamel.yaml writes them: a table on one line."""
    if isinstance(value, list):
        return [_written(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    mapping = CommentedMap({key: _written(item) for key, item in value.items()})
    if all(not isinstance(item, Mapping | list) for item in value.values()) and len(value) > 1:
        mapping.fa.set_flow_style()
    return mapping


_SEVERITY_BACK = "put the severity back when the documents are repaired"
_WARNS = "It only warns, and is not reported once the documents are repaired or removed."
_DAMAGED = "Nothing may allow this: the index would be damaged. Run `vouch doctor` and report it."
_NOT_CHECKED = "It could not be checked, so no setting allows it: its message says why."
_ONCE = "It only warns, and is not reported again once this state is published."
_MODEL = "It only warns, and is not reported once the new model is published."
_QUERIES = "Correct the documents, or the golden queries where those are outdated."
_USUAL = "It only warns, and ends by itself once the last runs have the new figure."


def _same(
    entry: Callable[[Check, RunRecord], Allowance], ids: Iterable[CheckId]
) -> dict[CheckId, Callable[[Check, RunRecord], Allowance]]:
    return dict.fromkeys(ids, entry)


_ID = CheckId
_BY_ID: dict[CheckId, Callable[[Check, RunRecord], Allowance]] = {
    **_same(
        _no_setting(_DAMAGED),
        (_ID.ACCOUNTING, _ID.DOCUMENT_ID_UNIQUE, _ID.CHUNK_ID_UNIQUE, _ID.CHUNK_COUNT,
         _ID.CHUNK_HAS_DOCUMENT, _ID.SINGLE_GENERATION),
    ),
    _ID.QUARANTINE_SHARE: _batch("max_quarantine_share"),
    _ID.QUARANTINE_SHARE_WARN: _batch("warn_quarantine_share"),
    _ID.UNTITLED_SHARE: _batch("warn_untitled_share"),
    _ID.REPEATED_TEXT_SHARE: _batch("warn_duplicate_share"),
    _ID.UNKNOWN_LANGUAGE_SHARE: _batch("warn_unknown_language_share"),
    _ID.UNKNOWN_TOKEN_SHARE: _batch("warn_unknown_token_share"),
    _ID.PUBLISHED_DOCUMENTS: _min_documents,
    _ID.SOURCE_DOCUMENTS: _source_documents,
    _ID.SOURCE_AGE: _source_age,
    _ID.SOURCE_QUARANTINE_SHARE: _source_share,
    _ID.FIELD_MISSING_SHARE: _missing_share,
    **_same(
        _field_rule,
        (_ID.FIELD_UNIQUE, _ID.FIELD_REQUIRED, _ID.FIELD_TYPE, _ID.FIELD_MIN, _ID.FIELD_MAX,
         _ID.FIELD_PATTERN, _ID.FIELD_ALLOWED),
    ),
    _ID.FIELD_NAMES: _field_names,
    **_same(
        _document_rule,
        (_ID.DOCUMENT_LANGUAGE, _ID.DOCUMENT_MIN_CHARS, _ID.DOCUMENT_MAX_CHARS,
         _ID.DOCUMENT_MAX_MB),
    ),
    **_same(_policy, (check_id for check_id in CheckId if check_id.startswith("policy_"))),
    **_same(
        _duplicates,
        (_ID.POLICY_EXACT_DUPLICATES, _ID.POLICY_NEAR_DUPLICATES, _ID.POLICY_BOILERPLATE),
    ),
    **_same(_no_setting(_WARNS), (_ID.POLICY_GARBLED_TEXT, _ID.POLICY_DOUBTFUL_ENCODING)),
    **_same(
        _drift,
        (check_id for check_id in CheckId if check_id.measure is Measure.DISTANCE),
    ),
    _ID.DRIFT_USUAL_RANGE: _no_setting(_USUAL),
    _ID.EMBEDDING_REPRODUCIBILITY: _no_setting(
        "No setting allows it: put the same model back, or embed everything with the new one: "
        "`vouch reindex`."
    ),
    _ID.MODEL_CHANGE: _model_change,
    _ID.GOLDEN_QUERIES: _score_loss,
    _ID.GOLDEN_MINIMUM: _minimum,
    _ID.GOLDEN_NEGATIVE: _negatives,
    _ID.GOLDEN_TREND: _trend,
    _ID.LANGUAGE_LEAK: _leak,
    _ID.CONTRACT_REJECTS: _no_setting(_WARNS),
    _ID.UNKNOWN: _no_setting("A newer version of Vouch made this check: look at it there."),
}  # fmt: skip
