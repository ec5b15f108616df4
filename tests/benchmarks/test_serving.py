import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.serving.corpus import near, write_documents
from benchmarks.serving.load import HttpClient, measure
from tests.client.scripted_server import scripted_server


def corpora(folder: Path) -> Path:
    for name, file, text in (
        ("peps/base", "pep-0001.rst", "Title\n=====\n\nA *PEP* has ``list<T>`` & rules.\n"),
        ("prefect_docs/base", "flows.mdx", "# Flows\n\nA flow is a function with a decorator.\n"),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / file).write_text(text)
    return folder


def test_documents_are_real_texts_with_an_access_list(tmp_path: Path):
    write_documents(corpora(tmp_path / "corpora"), [], tmp_path / "index", 2)
    files = sorted((tmp_path / "index/documents").rglob("*.md"))
    texts = {file.stem.rpartition("-")[0]: file.read_text("utf-8") for file in files}
    assert sorted(texts) == ["flows", "pep-0001"]
    assert "list&lt;T> &amp; rules" in texts["pep-0001"]
    assert all("\nacl: [team-" in text and "\nyear: 20" in text for text in texts.values())
    assert (tmp_path / "index/vouch.yaml").is_file()


def test_too_few_texts_are_refused(tmp_path: Path):
    with pytest.raises(SystemExit, match="there are only 2 chunks; name more folders"):
        write_documents(corpora(tmp_path / "corpora"), [], tmp_path / "index", 3)


@pytest.mark.parametrize("key", ["0" * 64, "f" * 64, "1234567890abcdef" * 4])
def test_a_vector_that_is_not_computed_is_near_one_that_is(key: str):
    base = np.eye(16, dtype=np.float32)[:3]
    vector = near(key, base)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert (base @ vector).max() == pytest.approx(0.75, abs=1e-5)
    assert (near(key, base) == vector).all()


def test_answers_and_errors_are_counted_apart():
    answer = (200, {}, json.dumps({"run_id": "r1"}))
    with scripted_server() as server:
        server.answers = [answer, (503, {}, "busy"), answer, answer, *[answer] * 10_000]
        figures = measure(
            [HttpClient(server.url, {"mode": "text"}, {"authorization": "Bearer k"})],
            ["one", "two"],
            seconds=0.05,
            warm_up=1,
        )
    assert figures.errors == 1
    assert "503: busy" in figures.first_errors[0]
    assert figures.answers == {"r1": figures.requests}
    assert 0 < figures.p50 <= figures.p95 <= figures.p99
    assert server.bodies[:3] == [
        {"mode": "text", "query": "one"},
        {"mode": "text", "query": "two"},
        {"mode": "text", "query": "one"},
    ]
    assert set(server.keys) == {"Bearer k"}
