"""The embedding gate: does the model still give the vectors that are published?"""

import numpy as np
import numpy.typing as npt

from vouch.index.store.generations import is_alone
from vouch.index.store.sampling import lowest_published_ids, published_sample
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Severity
from vouch.schemas.runs.record import Outcome as CheckOutcome

_TEXTS = 16
_LEAST_COSINE = 0.99  # bfloat16 gives 0.9998


def embedding_gate(run: Run, changeset: Changeset) -> list[Check]:
    """Embed some published texts again and compare the vectors with the published ones.

    A difference means that a service, or a library of the model, has changed. Nothing is checked
    where the run embedded nothing, or where other models made some of the published vectors. Runs
    before the other gates, because they need the memory that the model takes.
    """
    if not changeset.accounting.vectors_computed or not run.tables.chunks.count_rows():
        return []
    if not is_alone(run.tables, run.fingerprints.embedding):
        return []
    sample = published_sample(run.tables, lowest_published_ids(run.tables, _TEXTS))
    if not sample.inputs:  # of a damaged index that is being repaired
        return []
    count = min(_TEXTS, len(sample.inputs))
    vectors = run.embedder.embed_documents(
        sample.inputs[:count], sample.tokens[:count], lambda _: None
    )
    # Vectors have unit length, so that their product is the cosine.
    return [reproducibility_check(np.sum(vectors * sample.vectors[:count], axis=1))]


def reproducibility_check(cosines: npt.NDArray[np.floating]) -> Check:
    """Check the cosines, shape (texts,), of new and published vectors; passes without any."""
    worst = float(cosines.min()) if len(cosines) else 1.0
    return Check(
        id=CheckId.EMBEDDING_REPRODUCIBILITY,
        name="embedding reproducibility",
        scope="chunks",
        owner="drift",
        severity=Severity.REJECT,
        outcome=CheckOutcome.PASSED if worst >= _LEAST_COSINE else CheckOutcome.FAILED,
        figure=round(worst, 4),
        threshold=_LEAST_COSINE,
        message=(
            f"least cosine {worst:.4f} over {len(cosines)} published texts; "
            f"required: at least {_LEAST_COSINE}"
        ),
    )
