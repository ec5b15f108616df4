"""The embedding gate: is the model that of the published vectors, and does it still give them?"""

import numpy as np
import numpy.typing as npt

from vouch.embedders.base import Vectors
from vouch.embedders.model_card import ModelCard
from vouch.embedders.probes import PROBE_COSINE
from vouch.index.store.generations import (
    Generation,
    has_chunks,
    is_alone,
    newest_generation,
    recorded_probes,
)
from vouch.index.store.model_change import ModelFacts, other_files
from vouch.index.store.sampling import lowest_published_ids, published_sample
from vouch.pipeline.audit.changeset import Changeset
from vouch.pipeline.context.run_context import Run
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Severity
from vouch.schemas.runs.record import Outcome as CheckOutcome

_TEXTS = 16
_LEAST_COSINE = 0.99  # bfloat16 gives 0.9998


def embedding_gate(run: Run, changeset: Changeset) -> list[Check]:
    """Compare the run's model with that of the published vectors.

    The same model embeds some published texts again, whose vectors are compared with the published
    ones: a difference means that a library of the model has changed. Of a service the probe texts
    are compared. Another model fails a check that says what differs. Nothing is checked where the
    run embedded nothing. Runs before the other gates, because they need the memory that the model
    takes.
    """
    fingerprint = run.fingerprints.embedding
    if not changeset.accounting.chunks_published or not run.tables.chunks.count_rows():
        return []
    if is_alone(run.tables, fingerprint):
        return _reproducibility(run) if changeset.accounting.vectors_computed else []
    if has_chunks(run.tables, fingerprint):  # another run has brought it, and was not finished
        return []
    published = newest_generation(run.tables)
    severity = (
        Severity.WARN
        if run.scope.kind == "reindex" or run.settings.contracts.batch.model_change == "warn"
        else Severity.REJECT
    )
    return [model_check(published, run.card, run.embedder.probe(), severity)]


def _reproducibility(run: Run) -> list[Check]:
    if run.card.is_service:
        # To embed published texts again would cost money; the probe texts were asked for anyway.
        probes = recorded_probes(run.tables, run.card, run.fingerprints.embedding)
        if probes is None:
            return []
        cosines = np.array(probes.cosines(run.embedder.probes(run.workspace.meter)))
        return [reproducibility_check(cosines, "probe texts", probes.least_cosine)]
    sample = published_sample(run.tables, lowest_published_ids(run.tables, _TEXTS))
    if not sample.inputs:  # of a damaged index that is being repaired
        return []
    count = min(_TEXTS, len(sample.inputs))
    vectors = run.embedder.embed_documents(sample.inputs[:count], sample.tokens[:count]).vectors
    # Vectors have unit length, so that their product is the cosine.
    return [reproducibility_check(np.sum(vectors * sample.vectors[:count], axis=1))]


def reproducibility_check(
    cosines: npt.NDArray[np.floating],
    texts: str = "published texts",
    least_cosine: float = _LEAST_COSINE,
) -> Check:
    """Check the cosines, shape (texts,), of new and kept vectors of texts; passes without any."""
    worst = float(cosines.min()) if len(cosines) else 1.0
    return Check(
        id=CheckId.EMBEDDING_REPRODUCIBILITY,
        name="embedding reproducibility",
        scope="chunks",
        owner="drift",
        severity=Severity.REJECT,
        outcome=CheckOutcome.PASSED if worst >= least_cosine else CheckOutcome.FAILED,
        figure=round(worst, 4),
        threshold=least_cosine,
        message=(
            f"least cosine {worst:.4f} over {len(cosines)} {texts}; "
            f"required: at least {least_cosine}"
        ),
    )


def model_check(
    published: Generation | None, card: ModelCard, probe: Vectors, severity: Severity
) -> Check:
    """Return the failed check of a model that is not that of the published vectors.

    `published` is their generation, None where no record has it; `probe` is the vector that the new
    model gives for the probe text. The same files under another name only warn.
    """
    here, figure, compared = ModelFacts.of_card(card), None, ""
    if published is None:
        differ = "no record says which model made the published vectors"
        return _model_check(f"{differ}; this run's is {here}", severity)
    then = ModelFacts.of_generation(published)
    differences = then.differences(here)
    files = other_files(published, card)
    if not files and differences.keys() <= {"model", "revision"}:
        severity = Severity.WARN
    if published.dimension == card.dimension:
        figure = round(float(probe @ np.array(published.probe, dtype=np.float32)), 4)
        compared = (
            f"; cosine of its probe vector {figure:.4f}, required of the same model {PROBE_COSINE}"
        )
    listed = [*differences.values(), *(f"changed {name}" for name in files[:3])]
    return _model_check(
        f"{', '.join(listed)}{compared}. Published: {then}. This run: {here}", severity, figure
    )


def _model_check(message: str, severity: Severity, figure: float | None = None) -> Check:
    return Check(
        id=CheckId.MODEL_CHANGE,
        name="the embedding model",
        scope="chunks",
        owner="vouch",
        severity=severity,
        outcome=CheckOutcome.FAILED,
        figure=figure,
        threshold=None if figure is None else PROBE_COSINE,
        message=message,
    )
