"""Golden queries of other programs: what can be used is added, and the rest is named."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vouch.cli import app
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.golden.importing import Imported, import_golden
from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.choices import GoldenFormat
from vouch.validators.retrieval.golden_queries import load_golden

RENT = {"query": "When is rent due?", "uri": "lease.md", "answer": "due on the first day"}
QUERIES = '{"_id": "1", "text": "When is rent due?"}\n{"_id": "2", "text": "Where is the dog?"}\n'


def importing(settings: Path, name: str, content: str, **options: object) -> Imported:
    file = settings.parent / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")
    return import_golden(read_settings(settings), file, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "query,uri,answer\nWhen is rent due?,lease.md,due on the first day\n"),
        ("b.csv", "Answer;Document;Question\ndue on the first day;lease;When is rent due?\n"),
        ("c.tsv", "\ufeffQUESTION\tAnswer\tURL\nWhen is rent due?\tdue on the first day\tlease.md"),
        ("d.csv", 'query,uri,answer\n"When is rent due?",lease.md,"due on\nthe first day"\n'),
        ("e.jsonl", json.dumps(RENT) + "\n\n"),
        ("f.jsonl", json.dumps({**RENT, "id": "rent", "source": "docs", "importance": 2})),
    ],
)
def test_a_question_with_its_passage(settings: Path, name: str, content: str):
    result = importing(settings, name, content)
    assert result.skipped == ()
    (query,) = load_golden((settings.parent / "golden.jsonl").read_text())
    assert (query.query, query.source, query.uri) == ("When is rent due?", "docs", "lease.md")
    assert " ".join(query.answer.split()) == "due on the first day"
    again = importing(settings, name, content)
    assert again.added == ()
    assert again.skipped[0].reason == f"it is there already, as {query.id}"


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n1\tlease\t1\n2\tdog\t2\n2\tlease\t0\n", {}),
        ("q.json", '{"1": {"lease.md": 1}, "2": {"dog.md": 2, "lease.md": 0}}', {}),
        ("a.qrels", "1 0 lease 1\n2 0 dog 2\n2 0 lease 0\n", {}),
        ("a.data", "1 0 lease 1\n2 0 dog 2\n", {"layout": GoldenFormat.QRELS}),
    ],
)
def test_judgements_of_documents(settings: Path, name: str, content: str, options: dict):
    (settings.parent / "queries.jsonl").write_text(QUERIES)
    queries = settings.parent / "queries.jsonl"
    result = importing(settings, name, content, queries=queries, tags=("beir",), **options)
    assert result.skipped == ()
    rows = [
        (query.id, query.query, [(each.uri, each.answer, each.grade) for each in query.answers])
        for query in result.added
    ]
    assert rows == [
        ("1", "When is rent due?", [("lease.md", None, 1)]),
        ("2", "Where is the dog?", [("dog.md", None, 2)]),
    ]
    assert {query.tags for query in result.added} == {("beir",)}


def test_a_folder_of_beir(settings: Path):
    folder = settings.parent / "collection"
    (folder / "qrels").mkdir(parents=True)
    (folder / "queries.jsonl").write_text(QUERIES)
    (folder / "qrels/test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n1\tlease\t1\n3\tdog\t1\nx\n"
    )
    result = import_golden(read_settings(settings), folder)
    assert [query.id for query in result.added] == ["1"]
    assert [(each.place, each.reason) for each in result.skipped] == [
        ("test.tsv, line 4", "it is no question id, document id and grade as a number"),
        ("question 3", "queries.jsonl has no question '3'"),
    ]


BAD = (
    "id,question,document,answer,tags,absent\n"
    "1,When is rent due?,lease.md,due on the second day,,\n"
    "2,Who is there?,nowhere.md,nobody,,\n"
    "3,Where does the dog sleep?,dog.md,in the kitchen,pets;home,\n"
    "3,Where does it sleep?,dog.md,sleeps in the kitchen,,\n"
    ",,dog.md,kitchen,,\n"
    "4,Who may enter?,,,,yes\n"
    "5,Is it answered?,,,,perhaps\n"
    "6,What is answered?,,,,\n"
    "7,Who minds?,dog.md,nobody minds,,,,\n"
)


def test_rows_that_cannot_be_used_are_named_and_the_rest_is_added(settings: Path):
    result = importing(settings, "bad.csv", BAD, owner="ada")
    assert [(query.id, query.tags, query.absent) for query in result.added] == [
        ("3", ("pets", "home"), False),
        ("4", (), True),
    ]
    assert {query.owner for query in result.added} == {"ada"}
    reasons = {each.place: each.reason for each in result.skipped}
    assert list(reasons) == [f"line {number}" for number in (2, 3, 5, 6, 8, 9, 10)]
    assert reasons["line 2"] == "lease.md: the answer 'due on the second day' is not in it"
    assert "no document nowhere.md" in reasons["line 3"]
    assert reasons["line 5"] == "another query has the id 3"
    assert reasons["line 6"] == "it has no question"
    assert reasons["line 8"] == "absent is 'perhaps'; write yes or no"
    assert "not_from or absent" in reasons["line 9"]
    assert reasons["line 10"] == "it has 8 cells, and the heading 6"


def test_strict_and_dry_runs_write_nothing(settings: Path):
    golden = settings.parent / "golden.jsonl"
    with pytest.raises(
        SettingsError, match=r"bad\.csv: 7 rows cannot be used, so nothing was added"
    ):
        importing(settings, "bad.csv", BAD, strict=True)
    assert len(importing(settings, "bad.csv", BAD, dry_run=True).added) == 2
    assert golden.read_text() == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", "a,b\n1,2\n", "no column is named query or question; its columns are a, b"),
        ("x.csv", "", "no column is named query or question; its columns are none"),
        ("x.csv", 'query,uri\n"open,', "it is no CSV"),
        ("x.json", "[1]", "judgements of ranx are an object of objects"),
        ("x.json", "{", "is no JSON"),
        ("x.qrels", "1 0 d 1\n", "name the file that has them with --queries"),
        ("x.bin", "", "its name does not say what it is"),
    ],
)
def test_a_file_of_another_layout_is_refused(settings: Path, name: str, content: str, message: str):
    with pytest.raises(SettingsError, match=message):
        importing(settings, name, content)


@pytest.mark.parametrize(
    "line",
    ["[]", "{", '{"query": 1, "uri": "a", "answer": "b"}', '{"query": "q", "tags": 5}', "null",
     '{"query": "q", "id": 5, "absent": true}', '{"query": "q", "relevant": 7}', '{"uri": "a"}',
     '{"query": "q", "answer": ["x"]}', '{"query": "q", "surprise": 1, "absent": true}'],
)  # fmt: skip
def test_any_line_of_json_is_a_query_or_has_a_reason(settings: Path, line: str):
    result = importing(settings, "x.jsonl", line)
    assert (len(result.added), len(result.skipped)) == (0, 1)
    assert result.skipped[0].place == "line 1"


def test_the_command_shows_what_was_not_imported(settings: Path):
    (settings.parent / "bad.csv").write_text(BAD)
    command = ["--config", str(settings), "golden", "import", str(settings.parent / "bad.csv")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    assert "line 5  another query has the id 3" in result.output
    assert "Added 2 golden queries to golden.jsonl; 7 rows not imported." in result.output
