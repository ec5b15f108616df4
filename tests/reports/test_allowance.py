"""The YAML of an explanation: settings can read it, and the same check of the same data passes or
warns with it.
"""

import io
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.validators.batch.test_corpus_suite import N, chunks, replaced
from tests.validators.batch.test_corpus_suite import documents as corpus_documents
from tests.validators.retrieval.test_comparison import queries as golden_queries
from tests.validators.retrieval.test_comparison import scores
from tests.validators.source_documents import NOW, documents
from vouch.pipeline.audit.gates import row_rule_checks
from vouch.reports.allowance import above, allowance, below
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.runs.approval import NEVER_APPROVED
from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import (
    Check,
    Drift,
    Outcome,
    PolicyFinding,
    RuleBreak,
    RunRecord,
    Severity,
    VocabularyCoverage,
)
from vouch.schemas.settings.drift import DriftThresholds
from vouch.schemas.settings.source_contract import OnChange
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import SettingsText
from vouch.validators.batch.corpus_suite import run_suite
from vouch.validators.batch.policy_checks import duplicate_checks, policy_checks
from vouch.validators.batch.source_suite import run_source_suite
from vouch.validators.batch.vocabulary_checks import vocabulary_checks
from vouch.validators.drift.drift_checks import drift_checks
from vouch.validators.retrieval.checks import retrieval_checks
from vouch.validators.retrieval.comparison import Sides, compare
from vouch.validators.retrieval.golden_queries import GoldenQuery
from vouch.validators.rows.near_duplicates import signatures
from vouch.validators.rows.source_contract import check_fields

FIELD = "Preis: €\n# {x}"  # a field has whatever name the documents give it
BLOCKING: dict[str, Any] = {
    "sources": [
        {
            "name": "docs",
            "path": "documents",
            "contract": {
                "severity": "block",
                "languages": ["en"],
                "min_chars": 400,
                "max_chars": 600,
                "max_mb": 0.01,
                "min_documents": 30,
                "max_age_h": 24,
                "max_quarantine_share": 0.1,
                "on_change": "freeze",
                "fields": {
                    FIELD: {
                        "type": "number",
                        "min": 5,
                        "max": 6,
                        "pattern": "5[.]0",
                        "required": True,
                        "allowed": ["5.0"],
                        "max_missing": 0.1,
                        "unique": True,
                        "severity": "block",
                    }
                },
            },
        }
    ],
    "policy": {
        **dict.fromkeys(("personal_data", "secrets", "hidden_text", "injection"), "block"),
        **dict.fromkeys(("exact_duplicates", "near_duplicates", "boilerplate"), "block"),
        "max_duplicate_share": 0.05,
    },
    "contracts": {"batch": {"min_documents": 21}},
    "retrieval": {
        "require": {"overall": 0.85, "tag:finance": {"at_least": 0.9, "metric": "nDCG"}},
        "max_language_leak": 0.2,
    },
}
WARNING = deepcopy(BLOCKING)
WARNING["sources"][0]["contract"] |= {"severity": "warn"}
WARNING["sources"][0]["contract"]["fields"][FIELD]["severity"] = "warn"
WARNING["policy"] = {"max_duplicate_share": 0.05}


def read(data: dict[str, Any]) -> Settings:
    """Read settings as the program does, from a text."""
    text = io.StringIO()
    YAML(typ="safe").dump(data, text)
    return SettingsText(text.getvalue()).settings()


def merged(base: Any, change: Any) -> Any:
    """Return settings with a person's edit: keys are added or replaced, sources go by name."""
    if isinstance(base, dict) and isinstance(change, dict):
        return base | {key: merged(base.get(key), value) for key, value in change.items()}
    if isinstance(base, list) and isinstance(change, list):
        return [
            merged(source, edit) for source in base for edit in change
            if source["name"] == edit["name"]
        ]  # fmt: skip
    return change


def of_corpus(given: Settings) -> Iterable[Check]:
    rows = corpus_documents(
        status=replaced(["published"] * N, 6, "quarantined"),
        reason=replaced([None] * N, 6, "malformed"),
        title=[None] * N,
    )
    repeated = chunks(text_sha256=["same"] * 2 * N, language=[None] * 2 * N)
    return run_suite(rows, repeated, given.contracts.batch, "e").checks


def of_source(given: Settings) -> Iterable[Check]:
    rows = documents(
        *[{"metadata": {FIELD: "5.0"}, "source_modified_at": NOW - timedelta(hours=90)}] * 3,
        {"source_modified_at": NOW - timedelta(hours=90)},
        {"status": "quarantined", "reason": "malformed"},
    )
    return run_source_suite(rows, "docs", given.sources[0].contract, NOW).checks


def of_rows(given: Settings) -> Iterable[Check]:
    contract = given.sources[0].contract
    rows = documents(
        {"language": "es", "char_count": 10, "size": 10**6},
        {"metadata": {FIELD: "x"}, "char_count": 10**6},
        {"metadata": {FIELD: "1"}},
        {"metadata": {FIELD: "9"}},
    )
    broken = [
        RuleBreak(
            id=rule.id,
            source="docs",
            rule=rule.rule,
            subject=rule.subject,
            severity=rule.severity,
            count=1,
            examples=({"uri": "a", "message": rule.message},),
        )
        for rule in check_fields(rows, contract)
    ]
    if contract.on_change is OnChange.FREEZE:
        frozen = {"id": CheckId.FIELD_NAMES, "rule": "only fields that the contract names"}
        values = broken[0].model_dump() | frozen | {"subject": "", "severity": "block"}
        broken.append(RuleBreak(**values))
    return row_rule_checks(broken)


def of_policy(given: Settings) -> Iterable[Check]:
    kinds = ("personal_data", "secrets", "hidden_text", "injection")
    findings = [
        PolicyFinding(kind=kind, what="x", action=getattr(given.policy, kind), count=3, documents=2)
        for kind in kinds
    ]
    return policy_checks(findings)


def of_duplicates(given: Settings) -> Iterable[Check]:
    words = [f"word{number}" for number in range(60)]
    near = [" ".join(words), " ".join([*words[:58], "another", "end"])]
    texts = [*["a footer of every document"] * 5, "twice", "twice", *near]
    rows = pl.DataFrame(
        {
            "document_id": [*"abcdeabab"],
            "text_sha256": [sha256_text(text) for text in texts],
            "minhash": signatures(texts),
        },
        schema_overrides={"minhash": pl.Binary},
    )
    names = pl.DataFrame({"document_id": [*"abcde"], "uri": [*"abcde"]})
    return duplicate_checks(names, rows, given.policy)


def of_vocabulary(given: Settings) -> Iterable[Check]:
    row = VocabularyCoverage(
        source="docs", texts=1, tokens=9, unknown_tokens=9, characters=90, unknown_characters=77,
        spelled_characters=0,
    )  # fmt: skip
    return vocabulary_checks([row], "m", given.contracts.batch.warn_unknown_token_share)


def of_drift(given: Settings, distance: float = 0.7) -> list[Drift]:
    return [
        Drift(figure=figure, scope=scope, part=part, before="a", after="b", distance=far,
              warn=limits.of(figure).warn, block=limits.of(figure).block)
        for part, limits in (("index", given.drift.index), ("arrivals", given.drift.arrivals))
        for scope, far in (("docs", distance), ("all", distance / 3))
        for figure in type(limits).model_fields
    ]  # fmt: skip


def of_golden(given: Settings) -> Iterable[Check]:
    queries = golden_queries(20, tags=("finance",), language="en")
    queries.append(GoldenQuery(id="no", query="who?", absent=True))
    candidate = replace(
        scores(*[1] * 10, *[0] * 10),
        breaches={"no": "answered"},
        leaks={f"q{number}": 0.8 for number in range(20)},
        languages={f"q{number}": "en" for number in range(20)},
    )
    before = replace(candidate, by_query=scores(*[1] * 20).by_query, breaches={})
    sides = Sides(queries, candidate, before)
    retrieval = compare(sides, given.retrieval)
    return retrieval_checks(sides, retrieval, given.retrieval, date(2026, 1, 2))


FAMILIES: tuple[Callable[[Settings], Iterable[Check]], ...] = (
    of_corpus, of_source, of_rows, of_policy, of_duplicates, of_vocabulary,
    lambda given: drift_checks(of_drift(given)), of_golden,
)  # fmt: skip


def failed(checks: Iterable[Check]) -> dict[tuple[CheckId, str, str], Check]:
    return {check.key: check for check in checks if check.outcome is Outcome.FAILED}


def record(drift: Iterable[Drift] = ()) -> RunRecord:
    return RunRecord(
        run_id="r",
        started_at=datetime(2026, 1, 2, tzinfo=UTC),
        settings_sha256="s",
        code_version="1",
        drift=tuple(drift),
    )


def with_allowance(base: dict[str, Any], check: Check, run: RunRecord) -> Settings | None:
    """Return settings with the lines that allow a check; None where there are none."""
    lines = allowance(check, run).yaml
    if not lines:
        return None
    assert lines.startswith("# ")
    return read(merged(base, YAML(typ="safe").load(lines)))


@pytest.mark.parametrize(
    ("family", "base"),
    [
        *((family, BLOCKING) for family in FAMILIES),
        *((family, WARNING) for family in (of_rows, of_policy, of_duplicates)),
    ],
)
def test_the_same_data_pass_or_warn_with_the_lines(family: Callable, base: dict[str, Any]):
    given = read(base)
    run = record(of_drift(given))
    failures = failed(family(given))
    assert failures
    for key, check in failures.items():
        changed = with_allowance(base, check, run)
        if changed is None:
            allowed = allowance(check, run)
            assert allowed.instead
            assert check.severity is Severity.WARN or check.id in NEVER_APPROVED, check
            continue
        after = failed(family(changed)).get(key)
        if check.severity is Severity.REJECT:
            assert after is None or after.severity is Severity.WARN, (check, after)
        elif check.measure is not Measure.COUNT:
            assert after is None, (check, after)


def test_every_check_has_lines_that_allow_it_or_says_what_to_do_instead():
    for check_id in CheckId:
        check = Check(id=check_id, name="n", scope="docs", subject="tag:s", owner="o",
                      severity=Severity.REJECT, outcome=Outcome.FAILED, figure=0.5, threshold=0.1)  # fmt: skip
        drift = Drift(figure=check_id.removeprefix("drift_"), scope="docs", part="index",
                      before="a", after="b", distance=0.5, warn=0.1, block=0.2)  # fmt: skip
        allowed = allowance(check, record([drift]))
        assert bool(allowed.yaml) != bool(allowed.instead), check_id
        if allowed.yaml:
            with_allowance(BLOCKING, check, record([drift]))


@pytest.mark.parametrize("check_id", sorted(NEVER_APPROVED))
def test_no_setting_allows_what_no_person_may_agree_to(check_id: CheckId):
    check = Check(id=check_id, name="n", scope="chunks", owner="o", severity=Severity.REJECT,
                  outcome=Outcome.FAILED, figure=1, threshold=0)  # fmt: skip
    assert allowance(check, record()).yaml == ""


@given(st.floats(0.0, 1.5), st.sampled_from(sorted(DriftThresholds.model_fields)))
@settings(max_examples=50)
def test_any_distance_is_allowed_by_its_lines(distance: float, figure: str):
    base = {"sources": BLOCKING["sources"]}

    def checks(settings: Settings) -> tuple[list[Drift], list[Check]]:
        drifts = [drift for drift in of_drift(settings, distance) if drift.figure == figure]
        return drifts, drift_checks(drifts)

    drifts, (check,) = checks(Settings.model_validate(base))
    if check.outcome is Outcome.FAILED:
        changed = with_allowance(base, check, record(drifts))
        assert changed is not None
        _, (after,) = checks(changed)
        assert after.outcome is Outcome.PASSED or after.severity is Severity.WARN


@given(st.floats(1e-6, 1e7))
def test_rounded_figures_are_just_beside_the_measured_one(figure: float):
    assert figure < above(figure) <= figure * 1.11
    assert figure * 0.89 <= below(figure) < figure
    assert len(f"{above(figure):.0e}") <= 6


@pytest.mark.parametrize(
    ("check_id", "severity", "value_of"),
    [
        (CheckId.MODEL_CHANGE, Severity.REJECT, lambda given: given.contracts.batch.model_change),
        (CheckId.GOLDEN_TREND, Severity.REJECT, lambda given: given.retrieval.trend.loss),
    ],
)
def test_a_changed_model_and_a_slow_loss_are_allowed(
    check_id: CheckId, severity: Severity, value_of: Callable
):
    check = Check(id=check_id, name="n", scope="s", owner="o", severity=severity,
                  outcome=Outcome.FAILED, figure=0.012, threshold=0.01)  # fmt: skip
    changed = with_allowance(BLOCKING, check, record())
    assert changed is not None
    assert value_of(changed) in ("warn", 0.013)


def test_what_could_not_be_checked_is_allowed_by_no_setting():
    check = Check(id=CheckId.GOLDEN_QUERIES, name="n", scope="s", owner="o",
                  severity=Severity.REJECT, outcome=Outcome.NOT_CHECKED)  # fmt: skip
    assert allowance(check, record()).yaml == ""


def test_an_age_without_a_figure_is_allowed_by_no_age():
    check = Check(id=CheckId.SOURCE_AGE, name="n", scope="docs", owner="o",
                  severity=Severity.REJECT, outcome=Outcome.FAILED, threshold=24)  # fmt: skip
    assert "max_age_h:\n" in allowance(check, record()).yaml + "\n"
    changed = with_allowance(BLOCKING, check, record())
    assert changed is not None
    assert changed.sources[0].contract.max_age_h is None
