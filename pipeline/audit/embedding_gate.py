"""Whether the model still gives the vectors that it gave: asked before the audit, which needs the model's room."""

import numpy as np

from vouch.index.store.generations import is_alone
from vouch.index.store.sampling import lowest_document_ids, published_sample
from vouch.index.store.tables import frame
from vouch.pipeline.audit.changeset import Outcome
from vouch.pipeline.context.run_context import Run
from vouch.schemas.run import Check, Severity
from vouch.schemas.run import Outcome as CheckOutcome

_TEXTS = 16
_SAME = 0.99  # cosine of a text's vector with the one that is published: bfloat16 gives 0.9998


def vectors_gate(run: Run, result: Outcome) -> list[Check]:
    """Published texts get the vectors that they have: else a service or a library under it has changed.

    Nothing where nothing was embedded, or where what is published is not all of this model.
    """
    held = run.tables.chunks.count_rows() if result.accounting.vectors_computed else 0
    if not held or not is_alone(run.tables, run.fingerprints.embedding):
        return []
    documents = frame(run.tables.documents, ("document_id", "status", "chunk_count"))
    sample = published_sample(run.tables, lowest_document_ids(documents, _TEXTS))
    count = min(_TEXTS, len(sample.inputs))
    vectors = run.embedder.embed_documents(
        sample.inputs[:count], sample.tokens[:count], lambda _: None
    )
    cosines = np.sum(vectors * sample.vectors[:count], axis=1)
    return [_check(float(cosines.min()) if count else 1.0, count)]


def _check(worst: float, count: int) -> Check:
    return Check(
        name="published texts get their vectors again",
        scope="chunks",
        owner="drift",
        severity=Severity.REJECT,
        outcome=CheckOutcome.PASSED if worst >= _SAME else CheckOutcome.FAILED,
        figure=round(worst, 4),
        threshold=_SAME,
        message=f"least cosine {worst:.4f} over {count} texts, at least {_SAME} wanted",
    )
