"""Drift's checks: the worst drift decides, and figures stay in the range of the last runs."""

from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import Drift, Outcome, Severity
from vouch.schemas.settings.drift import DriftSettings
from vouch.validators.drift.drift_checks import drift_checks, usual_range_check

SETTINGS = DriftSettings()


def drift(distance: float, block: float | None, scope: str = "docs") -> Drift:
    return Drift(
        figure="languages", scope=scope, part="index", before="en", after="es",
        distance=distance, warn=0.1, block=block,
    )  # fmt: skip


def test_the_worst_drift_of_a_figure_decides():
    (check,) = drift_checks([drift(0.2, None), drift(0.6, 0.5), drift(0.0, 0.5)])
    assert (check.severity, check.figure, check.threshold) == (Severity.REJECT, 0.6, 0.5)
    (check,) = drift_checks([drift(0.9, None), drift(0.2, 0.5)])
    assert (check.severity, check.outcome, check.figure) == (Severity.WARN, Outcome.FAILED, 0.9)
    assert (check.id, check.measure) == (CheckId.DRIFT_LANGUAGES, Measure.DISTANCE)


def test_the_message_names_scope_and_change():
    (check,) = drift_checks([drift(0.2, None), drift(0.3, None, scope="all")])
    assert check.message == (
        "languages of chunks in the index: en → es; languages of chunks in source docs: en → es"
    )
    (check,) = drift_checks([drift(0.0, None)])
    assert check.message == (
        "close to the published state (languages of chunks in source docs: en → es)"
    )
    assert check.outcome is Outcome.PASSED


def test_shares_by_name_are_paired_and_a_field_is_named():
    mix = {"before": "es 0.0%, en 100.0%", "after": "es 41.0%, en 59.0%"}
    (check,) = drift_checks([drift(0.4, None).model_copy(update=mix)])
    assert check.message == "languages of chunks in source docs: es 0.0% → 41.0%, en 100.0% → 59.0%"
    field = {"figure": "missing", "part": "arrivals", "before": "fare: 0.0%", "after": "fare: 9.0%"}
    (check,) = drift_checks([drift(0.4, None).model_copy(update=field)])
    assert check.message == (
        "documents without fare in what the run brings to source docs: 0.0% → 9.0%"
    )


def test_a_figure_outside_its_usual_range_warns_and_one_within_passes():
    window = [{"documents": 1000.0 + n, "untitled": 0.1, "docs: untitled": 0.1} for n in range(10)]
    within = usual_range_check({"documents": 1011.0, "untitled": 0.12}, window, SETTINGS)
    assert within.outcome is Outcome.PASSED
    outside = usual_range_check(
        {"documents": 1010.0, "untitled": 0.3, "docs: untitled": 0.1}, window, SETTINGS
    )
    assert (outside.outcome, outside.severity, outside.figure) == (
        Outcome.FAILED, Severity.WARN, 1,
    )  # fmt: skip
    assert outside.message.startswith(
        "untitled is 0.3, usually 0.1 (from 0.04 to 0.16, by the last 10 published runs)"
    )


def test_what_contracts_stop_is_not_outside_a_range_and_what_fails_is():
    window = [{"quarantined": 0.0, "docs: quarantined": 0.0, "unprocessed": 0.0}] * 10
    stopped = {"quarantined": 0.5, "docs: quarantined": 0.5, "unprocessed": 0.0}
    assert usual_range_check(stopped, window, SETTINGS).outcome is Outcome.PASSED
    check = usual_range_check(stopped | {"unprocessed": 0.5}, window, SETTINGS)
    assert (check.outcome, check.figure) == (Outcome.FAILED, 1)


def test_too_few_runs_check_nothing():
    check = usual_range_check({"untitled": 0.3}, [{"untitled": 0.1}] * 7, SETTINGS)
    assert (check.outcome, check.message) == (
        Outcome.PASSED, "7 published runs are too few to compare with",
    )  # fmt: skip
