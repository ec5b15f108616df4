"""What a plan and the embedding stage read from the published tables."""

import numpy as np

from tests.index.small_index import GENERATION
from vouch.index.store.generations import is_alone
from vouch.index.store.lookups import indexed_vectors
from vouch.index.store.tables import Tables, rows


def test_indexed_vectors_are_found_by_the_hash_of_their_text(small_tables: Tables):
    row = rows(small_tables.chunks, ("embedded_sha256", "vector")).to_pylist()[0]
    text = row["embedded_sha256"]
    vectors = indexed_vectors(small_tables, GENERATION, [text, "f" * 64])
    assert {key: vector.tolist() for key, vector in vectors.items()} == {text: row["vector"]}
    assert indexed_vectors(small_tables, "x" * 16, [text]) == {}


def test_a_damaged_vector_is_not_reused(small_tables: Tables):
    text = rows(small_tables.chunks, ("embedded_sha256",)).to_pylist()[0]["embedded_sha256"]
    damaged = np.full(4, 0.5, dtype=np.float32).tolist()
    small_tables.chunks.update(where=f"embedded_sha256 = '{text}'", values={"vector": damaged})
    assert indexed_vectors(small_tables, GENERATION, [text]) == {}


def test_a_second_generation_is_noticed(small_tables: Tables):
    assert is_alone(small_tables, GENERATION)
    small_tables.chunks.update(where="uri = 'a.md'", values={"embedding_fingerprint": "f" * 16})
    assert not is_alone(small_tables, GENERATION)
