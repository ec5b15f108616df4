from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.embedders.service.request_size import RequestSize


def test_the_first_request_is_small_and_the_next_ones_grow():
    size = RequestSize(2048, 300_000, 60)
    first = size.tokens
    sizes = []
    for _ in range(4):
        size.answered(64, size.tokens, None, 0.5)
        sizes.append(size.tokens)
    assert first < 10_000
    assert sizes == sorted(sizes)
    assert 200_000 < sizes[-1] < 300_000


def test_a_slow_service_gets_small_requests():
    size = RequestSize(2048, 300_000, 60)
    for _ in range(5):
        size.answered(64, size.tokens, None, size.tokens / 350)  # 350 tokens a second
    assert size.tokens / 350 <= 60 / 2


def test_few_texts_still_make_requests_for_all_connections():
    size = RequestSize(2048, 300_000, 60)
    assert size.inputs(texts=1000, requests=4) == 250
    assert size.inputs(texts=100_000, requests=4) == 2048
    assert size.inputs(texts=100, requests=4) == 64


def test_a_refused_request_makes_the_next_ones_smaller_for_a_while():
    size = RequestSize(1000, 300_000, 60)
    size.failed(1000, 8000)
    assert size.inputs(100_000, 4) == 500
    assert size.tokens == 4000
    size.answered(500, 4000, None, 0.1)
    assert size.inputs(100_000, 4) == 1000


def test_scripts_that_the_tokenizer_does_not_have_are_not_taken_for_nothing():
    size = RequestSize(2048, 300_000, 60)
    assert size.estimate("ક" * 400, 1) >= 300
    assert size.estimate("word " * 100, 100) < 150


def test_estimates_follow_what_the_service_counts():
    size = RequestSize(2048, 300_000, 60)
    for _ in range(10):
        estimate = size.estimate("word " * 100, 100)
        size.answered(1, estimate, 300, 0.1)
    assert 270 < size.estimate("word " * 100, 100) < 330


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(1, 3000),
            st.floats(1, 1e6),
            st.none() | st.integers(0, 10**7),
            st.floats(0, 1000),
        ),
        max_size=30,
    )
)
def test_whatever_happens_a_request_has_room_for_a_text(events: list[tuple]):
    size = RequestSize(2048, 300_000, 60)
    for is_answered, inputs, estimate, tokens, seconds in events:
        if is_answered:
            size.answered(inputs, estimate, tokens, seconds)
        else:
            size.failed(inputs, estimate)
        assert 1 <= size.tokens <= 300_000
        assert 1 <= size.inputs(10_000, 4) <= 2048
        assert size.estimate("x", 1) > 0
