"""The embedding gate: published texts must get the same vectors again."""

import numpy as np
import pytest

from tests.pipeline.audit.candidates import candidate
from vouch.index.store.run_log import Intent
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.audit.embedding_gate import embedding_gate, reproducibility_check
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.check_ids import CheckId, Measure
from vouch.schemas.runs.record import Accounting, Outcome, Severity


@pytest.mark.parametrize(
    ("cosines", "outcome", "figure"),
    [
        ([1.0, 0.9998], Outcome.PASSED, 0.9998),
        ([1.0, 0.98], Outcome.FAILED, 0.98),
        ([], Outcome.PASSED, 1.0),
    ],
)
def test_the_least_cosine_decides(cosines: list[float], outcome: Outcome, figure: float):
    check = reproducibility_check(np.array(cosines))
    assert (check.id, check.measure) == (CheckId.EMBEDDING_REPRODUCIBILITY, Measure.COSINE)
    assert (check.outcome, check.severity, check.figure) == (outcome, Severity.REJECT, figure)


@pytest.mark.parametrize("computed", [0, 5])
def test_nothing_is_embedded_again_where_nothing_is_published_or_computed(run: Run, computed: int):
    accounting = Accounting(vectors_computed=computed)
    assert embedding_gate(run, Changeset(accounting, Intent(), True, candidate)) == []
