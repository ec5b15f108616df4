import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vouch.embedders.service.answers import read_answer
from vouch.embedders.service.failures import Failure, RequestFailed

TEXTS = ["one", "two"]
GOOD = [{"index": 0, "embedding": [3, 4]}, {"index": 1, "embedding": [0, 2.5]}]


def read(data: object, usage: object = None):
    return read_answer(json.dumps({"data": data, "usage": usage}).encode(), TEXTS, 2)


def in_base64(*values: float) -> str:
    return base64.b64encode(np.array(values, "<f4").tobytes()).decode()


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        GOOD[::-1],
        [{"index": 1, "embedding": in_base64(0, 1)}, {"index": 0, "embedding": in_base64(0.6, 0.8)}],
        [{"embedding": [3, 4]}, {"embedding": [0, 1]}],  # without an index: in order
        [{"index": 0, "embedding": [3e30, 4e30]}, {"index": 1, "embedding": [0, 1e-30]}],
    ],
)  # fmt: skip
def test_vectors_are_those_of_their_texts_and_of_length_one(data: object):
    vectors, _ = read(data)
    assert vectors == pytest.approx(np.array([[0.6, 0.8], [0, 1]]), abs=1e-6)


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (GOOD[:1], Failure.FINAL, "1 vectors for 2 texts"),
        ([*GOOD, GOOD[0]], Failure.FINAL, "3 vectors for 2 texts"),
        ([GOOD[0], GOOD[0]], Failure.FINAL, "numbered"),
        ([GOOD[0], GOOD[1] | {"index": 2}], Failure.FINAL, "numbered"),
        ([GOOD[0], GOOD[1] | {"index": "1"}], Failure.FINAL, "numbered"),
        ([GOOD[0], {"embedding": [0, 1]}], Failure.FINAL, "numbered"),
        ([GOOD[0], {"index": 1, "embedding": [1, 2, 3]}], Failure.FINAL, "embedding.dimensions is 2"),
        ([GOOD[0], {"index": 1, "embedding": in_base64(1)}], Failure.FINAL, "embedding.dimensions is 2"),
        ([GOOD[0], {"index": 1}], Failure.FINAL, "values"),
        ([GOOD[0], {"index": 1, "embedding": "no base64!"}], Failure.FINAL, "neither"),
        ([GOOD[0], {"index": 1, "embedding": "abc="}], Failure.FINAL, "neither"),
        ([GOOD[0], {"index": 1, "embedding": ["a", "b"]}], Failure.FINAL, "neither"),
        ([GOOD[0], {"index": 1, "embedding": [[1], [2, 3]]}], Failure.FINAL, "neither"),
        ([GOOD[0], {"index": 1, "embedding": {"a": 1}}], Failure.FINAL, "neither"),
        ([GOOD[0], {"index": 1, "embedding": [0, 0]}], Failure.TEXTS, "zero"),
        ([GOOD[0], {"index": 1, "embedding": [1, float("nan")]}], Failure.TEXTS, "zero"),
        ([GOOD[0], {"index": 1, "embedding": [1, 1e39]}], Failure.TEXTS, "zero"),
        ([GOOD[0], {"index": 1, "embedding": in_base64(1, float("inf"))}], Failure.TEXTS, "zero"),
        ("text", Failure.FINAL, "no list"),
        ([1, 2], Failure.FINAL, "no list"),
        (None, Failure.FINAL, "no list"),
    ],
)  # fmt: skip
def test_anything_else_is_refused(data: object, kind: Failure, words: str):
    with pytest.raises(RequestFailed) as raised:
        read(data)
    assert raised.value.kind is kind
    assert words in raised.value.words


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", Failure.ERROR),
        (b'{"data": [', Failure.ERROR),
        (b"[" * 100_000, Failure.ERROR),
        (b"\xff\xfe", Failure.ERROR),
        (b"  <!doctype html><title>Log in</title>", Failure.FINAL),
        (b"[]", Failure.FINAL),
        (b"1" * 10_000, Failure.ERROR),
    ],
)
def test_what_is_no_json(content: bytes, kind: Failure):
    with pytest.raises(RequestFailed) as raised:
        read_answer(content, TEXTS, 2)
    assert raised.value.kind is kind


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 7, "total_tokens": 8}, 8),
        ({"prompt_tokens": 7}, 7),
        ({"total_tokens": 0}, 0),
        (None, None),
        ([], None),
        ({"total_tokens": "8"}, None),
        ({"total_tokens": True}, None),
        ({"total_tokens": -1}, None),
        ({"total_tokens": 10**12}, None),
    ],
)
def test_the_tokens_that_a_service_has_counted(usage: object, tokens: int | None):
    assert read(GOOD, usage)[1] == tokens


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "index", "embedding", "usage"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(_JSON)
def test_whatever_is_answered_is_vectors_or_a_failure_in_words(value: object):
    try:
        vectors, _ = read_answer(json.dumps(value).encode(), TEXTS, 2)
    except RequestFailed as failure:
        assert failure.words
    else:
        assert vectors.shape == (2, 2)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
