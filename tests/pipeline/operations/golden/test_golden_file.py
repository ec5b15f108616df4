"""The file of golden queries: changed as a whole, by several people at once, also in a bucket."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.object_store import ObjectStore
from tests.pipeline.steps import failed, tables
from vouch.cli import app
from vouch.index.store.run_log import write_run
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.golden.adding import add_golden
from vouch.pipeline.operations.golden.golden_file import append, golden_place, remove
from vouch.pipeline.operations.golden.listing import list_golden
from vouch.pipeline.operations.retrieval_evaluation import evaluate_published
from vouch.schemas.errors import NotFound, SettingsError
from vouch.schemas.runs.record import Decision, Severity, Status
from vouch.storage.location import Location
from vouch.storage.places import location_of
from vouch.validators.retrieval.golden_queries import GoldenQuery, load_golden
from vouch.validators.retrieval.kept_scores import pack_scores
from vouch.validators.retrieval.scoring import Scores, metric_names


def absent(name: str) -> GoldenQuery:
    return GoldenQuery(id=name, query=f"question {name}", absent=True)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "folder":
        return location_of(tmp_path / "golden.jsonl")
    store: ObjectStore = request.getfixturevalue("store")
    return store.location() / "golden.jsonl"


def test_nothing_is_lost_where_several_write_at_once(place: Location):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(place, [absent(f"q{n}")]), range(12)))
        list(pool.map(lambda n: remove(place, [f"q{n}"]), range(0, 12, 2)))
    names = {query.id for query in load_golden(place.read_text())}
    assert names == {f"q{n}" for n in range(1, 12, 2)}
    with pytest.raises(SettingsError, match=r"is in golden\.jsonl already, as q1"):
        append(place, [absent("new"), absent("q1")])
    assert "new" not in place.read_text()


def test_other_lines_stay_as_they_are(tmp_path: Path):
    place = location_of(tmp_path / "golden.jsonl")
    place.write_text(
        '{"absent": true,  "id":"a", "query": "one"}\n\n{"id":"b","query":"2","absent":true}'
    )
    assert [query.id for query in remove(place, ["b"])] == ["b"]
    assert place.read_text() == '{"absent": true,  "id":"a", "query": "one"}\n'
    with pytest.raises(NotFound, match=r"has no query b, c; `vouch golden list` shows the ids"):
        remove(place, ["a", "b", "c"])
    append(place, [absent("d")])
    assert [query.id for query in load_golden(place.read_text())] == ["a", "d"]


def test_queries_are_listed_with_their_last_score_and_removed(settings: Path):
    file = read_settings(settings)
    rent = add_golden(
        file, "When is rent due?", "lease.md", "due on the first day", tags=["finance"], owner="ada"
    )
    lost = add_golden(file, "zebra", "dog.md", "The dog sleeps", tags=["pets"], language="en")
    (settings.parent / "golden.jsonl").write_text(
        (settings.parent / "golden.jsonl").read_text().replace("The dog sleeps", "The cat sleeps")
    )
    listed = list_golden(read_settings(settings)).queries
    assert [entry.score_in_words for entry in listed] == ["not scored", "not scored"]
    evaluate_published(read_settings(settings), None)

    def show(*options: str) -> list[dict]:
        command = ["--config", str(settings), "--json", "golden", "list", *options]
        result = CliRunner().invoke(app, command)
        return json.loads(result.output)

    assert [entry["score_in_words"] for entry in show()] == ["1.00", "not in the index"]
    for options, expected in (
        (["--tag", "Finance"], [rent.id]),
        (["--tag", "pets", "--tag", "finance"], [rent.id, lost.id]),
        (["--owner", "ada"], [rent.id]),
        (["--language", "en"], [lost.id]),
        (["--lost"], [lost.id]),
        (["--lost", "--owner", "ada"], []),
    ):
        assert [entry["query"]["id"] for entry in show(*options)] == expected, options
    command = ["--config", str(settings), "golden", "list"]
    table = CliRunner().invoke(app, command).output
    assert "2 golden queries of golden.jsonl, scored by" in table
    assert rent.id in table
    result = CliRunner().invoke(app, ["--config", str(settings), "golden", "remove", lost.id])
    assert result.output == f"Removed {lost.id}: zebra\n"
    assert [query.id for query in load_golden(golden_place(file).read_text())] == [rent.id]


def test_an_evaluation_warns_of_a_slow_loss(settings: Path):
    gone = [
        GoldenQuery(id=f"q{n}", query="rent", source="docs", uri="lease.md", answer=f"no {n}")
        for n in range(3)
    ]
    append(golden_place(read_settings(settings)), gone)
    first = evaluate_published(read_settings(settings), None)
    assert first.verdict is None
    assert first.retrieval is not None
    values = dict.fromkeys(metric_names(5), 1.0)
    for weeks, lost in ((3, 0), (2, 1), (1, 2)):
        scores = Scores(5, {q.id: None if n < lost else values for n, q in enumerate(gone)})
        past = {
            "run_id": f"weeks-ago-{weeks}",
            "started_at": first.started_at - timedelta(weeks=weeks),
            "retrieval": first.retrieval.model_copy(update={"scores": pack_scores(gone, scores)}),
        }
        write_run(tables(settings), first.model_copy(update=past))
    record = evaluate_published(read_settings(settings), None)
    assert record.status is Status.UNCHANGED
    assert failed(record) == {"golden_trend:overall": Severity.WARN}
    assert record.verdict is not None
    assert record.verdict.decision is Decision.WARN
    assert "q2" in {example.uri for example in record.failed_checks[0].examples}
