"""Whatever a service does: each text gets its own vector or is refused, and every request counts."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.embedders.service.counting_meter import CountingMeter
from tests.embedding_faults import Cut, Fault, Lost, Raw, Refuse, Shuffled, Values
from tests.embedding_service import EmbeddingService
from vouch.embedders.base import Vectors
from vouch.embedders.probes import PROBES, ProbeSet
from vouch.embedders.service.service_engine import ServiceEngine

_WORDS = ("contract", "notice", "forbidden", "urlaub", "字", "x" * 200)
_TEXTS = st.lists(
    st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join), min_size=1, max_size=25
)
_TIMES = {"times": st.integers(1, 3), "skip": st.integers(0, 4)}
_FAULTS = st.lists(
    st.one_of(
        st.builds(
            Refuse,
            status=st.sampled_from([409, 429, 500, 503]),
            after_s=st.sampled_from([None, 0]),
            **_TIMES,
        ),
        st.builds(Refuse, status=st.just(200), message=st.just("rate limit"), **_TIMES),
        st.builds(Cut, **_TIMES),
        st.builds(Lost, **_TIMES),
        st.builds(Raw, **_TIMES),
        st.builds(Shuffled, seed=st.integers(0, 99), times=st.none()),
        st.builds(Refuse, status=st.just(413), more_than=st.integers(2, 5), times=st.none()),
        st.builds(
            Refuse,
            status=st.sampled_from([400, 422, 200]),
            message=st.just("the content filter"),
            word=st.just("forbidden"),
            times=st.none(),
        ),
        st.builds(Values, word=st.just("forbidden"), times=st.none()),
    ),
    max_size=4,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=_TEXTS,
    faults=_FAULTS,
    max_inputs=st.integers(1, 9),
    parallel=st.integers(1, 4),
    with_probes=st.booleans(),
)
def test_each_text_gets_its_own_vector_or_is_refused(
    texts: list[str],
    faults: list[Fault],
    max_inputs: int,
    parallel: int,
    with_probes: bool,
    service: EmbeddingService,
    engine: Callable[..., ServiceEngine],
    local_vectors: Callable[[Sequence[str]], Vectors],
):
    service.requests, service.faults = [], faults
    embedding = engine(max_inputs=max_inputs, parallel_requests=parallel)
    if with_probes:
        embedding.expected = ProbeSet(PROBES, local_vectors(PROBES), 0.99, "", "")
    meter = CountingMeter(texts)
    progress: list[int] = []
    embedded = embedding.embed(texts, [len(text) for text in texts], progress.append, meter)

    may_be_refused = {place for place, text in enumerate(texts) if not text or "forbidden" in text}
    assert embedded.refused.keys() <= may_be_refused
    kept = [place for place in range(len(texts)) if place not in embedded.refused]
    assert np.isnan(embedded.vectors[list(embedded.refused)]).all()
    if kept:
        expected = local_vectors([texts[place] for place in kept])
        assert np.allclose(embedded.vectors[kept], expected, atol=1e-5)
    assert sum(progress) == len(texts)

    # What was counted is at least what the service has seen.
    assert meter.requests >= len(service.requests)
    seen = Counter(text for request in service.requests for text in request.inputs)
    assert all(seen[text] <= meter.sent_texts[text] for text in set(texts) - {""})
    assert sum(tokens or 0 for _, tokens in meter.answers) <= service.tokens
    assert sorted(meter.vectors) == kept
