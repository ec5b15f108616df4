"""Loading vouch.yaml: what cannot work is refused with its key and line, before any work."""

import json
import pickle
from pathlib import Path

import pytest

from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import SettingsError

DOCS = "sources:\n  - name: docs\n    path: documents\n"
GOLDEN = f"{DOCS}retrieval:\n  golden: queries/golden.jsonl\n"
QUERY = '{"id": "q", "query": "who?", "source": "docs", "uri": "a.md", "answer": "we"}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    return tmp_path


def load(folder: Path, text: str, **options: bool) -> SettingsFile:
    (folder / "vouch.yaml").write_text(text)
    return read_settings(folder / "vouch.yaml", **options)


def test_paths_are_relative_to_the_folder_of_the_settings(folder: Path):
    file = load(folder, f"{DOCS}index: {{path: published}}\nrun: {{work_path: /elsewhere}}\n")
    assert file.index_location.local_path == folder / "published"
    assert file.report_location.local_path == folder / "data/reports"
    assert file.work_location.local_path == Path("/elsewhere")
    assert file.sha256 == sha256_text((folder / "vouch.yaml").read_text())


def test_a_missing_folder_is_refused_with_the_nearest_one(folder: Path):
    with pytest.raises(
        SettingsError, match=r"vouch\.yaml, line 3: sources\.0\.path: .*did you mean .*documents\?"
    ):
        load(folder, DOCS.replace("documents", "documets"))


def test_a_missing_folder_is_refused_without_a_hint_where_nothing_is_like_it(folder: Path):
    with pytest.raises(SettingsError, match=r"line 3: sources\.0\.path") as error:
        load(folder, DOCS.replace("documents", "nowhere/at/all"))
    assert "did you mean" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            f"{DOCS}parsing:\n  engines: {{application/zip: unstructured}}\n",
            r"line 5: parsing\.engines\.application/zip: unstructured does not read application/zip;",
        ),
        (
            f"{DOCS}    engines:\n      text/rft: vouch\n",
            r"line 5: sources\.0\.engines\.text/rft: vouch does not read text/rft; it reads ",
        ),
        (
            f"{DOCS}parsing:\n  engines:\n    application/pdf: unstructured\n",
            r"line 6: .*unstructured_inference.* pip install 'unstructured\[pdf\]'",
        ),
        (
            f"{DOCS}parsing:\n  engines: {{text/rtf: tika}}\n",
            r"line 5: .*'vouch' or 'unstructured'",
        ),
    ],
)
def test_an_engine_that_does_not_read_a_type_is_refused(folder: Path, text: str, problem: str):
    with pytest.raises(SettingsError, match=problem):
        load(folder, text)


def test_a_database_that_does_not_exist_is_refused_by_its_key(folder: Path):
    text = (
        "sources:\n  - kind: table\n    name: shop\n    url: 'sqlite:///no.db'\n    table: t\n"
        "    key: [id]\n    text: '{{ name }}'\n"
    )
    with pytest.raises(SettingsError, match=r"line 4: sources\.0\.url: .*there is no database"):
        load(folder, text)


def test_without_a_file_the_message_names_the_command_that_writes_one(tmp_path: Path):
    with pytest.raises(SettingsError, match="vouch init"):
        read_settings(tmp_path / "vouch.yaml")


def test_a_file_that_is_no_text_is_refused(folder: Path):
    (folder / "vouch.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"vouch\.yaml cannot be read"):
        read_settings(folder / "vouch.yaml")


def test_golden_queries_are_read_with_the_settings(folder: Path):
    (folder / "queries").mkdir()
    (folder / "queries/golden.jsonl").write_text(QUERY)
    assert load(folder, GOLDEN).golden == QUERY
    assert load(folder, DOCS).golden is None


def test_missing_golden_queries_are_refused_unless_they_are_about_to_be_made(folder: Path):
    """A run would otherwise publish without the gate that the settings want."""
    with pytest.raises(
        SettingsError, match=r"queries/golden\.jsonl cannot be read: .*`vouch golden add` makes it"
    ):
        load(folder, GOLDEN)
    assert load(folder, GOLDEN, golden_to_come=True).golden == ""


def test_golden_queries_that_cannot_be_read_are_refused_even_then(folder: Path):
    (folder / "queries").mkdir()
    (folder / "queries/golden.jsonl").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="convert it, or name another file$"):
        load(folder, GOLDEN, golden_to_come=True)
    (folder / "queries/golden.jsonl").write_text("{")
    with pytest.raises(SettingsError, match=r"golden\.jsonl, line 1"):
        load(folder, GOLDEN, golden_to_come=True)


@pytest.mark.parametrize(
    ("require", "problem"),
    [
        ("{overall: 0.9, 'tag:Finance': {at_least: 1}}", None),
        ("{'tag:finanse': 0.9}", r"line 6: retrieval\.require\.tag:finanse: .* tag:finance"),
        ("{'language:de': 0.9}", r"line 6: .*language:de: no golden query .* there are lang\w+:en"),
        ("{overal: 0.9}", r"line 6: retrieval\.require\.overal: a group is overall, or tag:"),
        ("{overall: 90}", r"line 6: retrieval\.require\.overall\.at_least must be 1\.0 or less"),
        ("{overall: high}", r"line 6: retrieval\.require\.overall: write a number between 0 and 1"),
        (
            "{overall: {at_leest: 1}}",
            r"overall\.at_leest is not a valid key; did you mean at_least",
        ),
        ("{overall: {at_least: 0.8, until: 2026-12-15}}", r"until and then belong together"),
        (
            "{overall: {at_least: 0.8, until: 2026-12-15, then: 0.9}}",
            r"overall: owner is missing",
        ),
    ],
)
def test_minimum_scores_are_checked_with_the_golden_queries(
    folder: Path, require: str, problem: str | None
):
    (folder / "queries").mkdir()
    fields = {"language": "en", "tags": ["finance"]}
    (folder / "queries/golden.jsonl").write_text(json.dumps({**json.loads(QUERY), **fields}))
    settings = f"{GOLDEN.rstrip()}\n  require: {require}\n"
    if problem is None:
        assert set(load(folder, settings).settings.retrieval.require) == {"overall", "tag:finance"}
        return
    with pytest.raises(SettingsError, match=problem):
        load(folder, settings)


def test_minimum_scores_need_golden_queries(folder: Path):
    with pytest.raises(SettingsError, match=r"retrieval\.require: .* set retrieval\.golden"):
        load(folder, f"{DOCS}retrieval: {{require: {{overall: 0.9}}}}\n")
    (folder / "queries").mkdir()
    # Nothing can be asked before anything is published.
    (folder / "queries/golden.jsonl").write_text("")
    assert load(folder, f"{GOLDEN.rstrip()}\n  require: {{overall: 0.9}}\n").golden == ""


def test_given_golden_queries_replace_those_of_the_settings(folder: Path):
    file = load(folder, GOLDEN, golden_to_come=True)
    assert file.golden_or(QUERY) == QUERY
    assert file.golden_or(None) == ""
    with pytest.raises(SettingsError, match="there are no golden queries"):
        load(folder, DOCS).golden_or(None)


def test_limits_of_one_run_replace_those_of_the_settings(folder: Path):
    file = load(folder, f"{DOCS}run: {{max_documents: 3, max_tokens: 30}}\n")
    limited = file.with_limits(7, None).settings.run
    assert (limited.max_documents, limited.max_tokens) == (7, 30)
    # The hash stays: a saved plan is good for the same file, whatever the limits.
    assert file.with_limits(7, None).sha256 == file.sha256


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("data/reports/a b.html", "https://reports.example/vouch/a%20b.html"),
        ("elsewhere/a.html", "file://{folder}/elsewhere/a.html"),
    ],
)
def test_a_report_is_linked_where_it_is_served_and_else_as_a_file(folder, report, expected: str):
    file = load(folder, f"{DOCS}run: {{report_url: 'https://reports.example/vouch/'}}\n")
    assert file.link(str(folder / report)) == expected.format(folder=folder)
    assert load(folder, DOCS).link(str(folder / "a.html")) == f"file://{folder}/a.html"


BUCKETS = f"""{DOCS}index: {{path: 's3://bucket/index'}}
run:
  work_path: 's3://bucket/work'
  report_path: 's3://bucket/reports'
storage:
  options:
    endpoint: http://127.0.0.1:9
    allow_http: true
    timeout: 30s
    access_key_id: somebody
    secret_access_key: '${{VOUCH_TEST_KEY}}'
"""


def test_places_may_be_below_buckets_each_by_itself(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VOUCH_TEST_KEY", "hush-hush")
    file = load(folder, BUCKETS)
    assert file.index_location.url == "s3://bucket/index"
    assert file.work_location.url == "s3://bucket/work"
    assert file.report_location.options["secret_access_key"] == "hush-hush"
    assert file.report_location.options["allow_http"] == "true"
    assert "hush-hush" not in f"{file!r}{file.index_location!r}{pickle.dumps(file)!r}"
    assert set(file.local_folders) == {"the temporary folder"}
    assert file.link("s3://bucket/reports/a.html") == "s3://bucket/reports/a.html"
    # The work is elsewhere than the index: nothing is against it.
    local = load(folder, BUCKETS.replace("s3://bucket/index", "data/index"))
    assert local.index_location.local_path == folder / "data/index"


def test_a_report_in_a_bucket_is_linked_where_it_is_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("VOUCH_TEST_KEY", "hush-hush")
    served = "  report_url: https://reports.example/\nstorage:"
    file = load(folder, BUCKETS.replace("storage:", served))
    assert file.link("s3://bucket/reports/a b.html") == "https://reports.example/a%20b.html"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("s3://bucket/index", "s3a://bucket/index", r"line 4: index\.path: s3a:// is written s3://"),
        ("s3://bucket/work", "gcs://bucket/work", r"line 6: run\.work_path: gcs:// is written gs:"),
        ("s3://bucket/work", "abfs://a@b/work", r"line 6: run\.work_path: abfs:// is written az:"),
        ("s3://bucket/work", "ftp://host/work", r"line 6: .*ftp:// names no place.*s3://, gs://"),
        ("s3://bucket/reports", "s3:///reports", r"line 7: run\.report_path: the name of the bucke"),
        ("endpoint", "endpiont", r"line 10: storage\.options\.endpiont: .*mean endpoint\?"),
        ("true", "maybe", r"storage\.options"),
        ("${VOUCH", "${NOT_SET_VOUCH", r"line 14: storage\.options\.secret_access_key: .*not set"),
        ("storage:", "lineage: {to: 's3n://b'}\nstorage:", r"line 8: lineage\.to: s3n:// is writte"),
        ("storage:", "lineage: {to: 'x://b'}\nstorage:", r"lineage\.to: .*az://, http:// or https"),
        ("storage:", "retrieval: {golden: 'hdfs://b'}\nstorage:", r"line 8: retrieval\.golden: hdf"),
        ("storage:", "  metrics_path: 's3://'\nstorage:", r"line 8: run\.metrics_path: the name"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_used_is_refused_by_key_and_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, problem: str
):
    monkeypatch.setenv("VOUCH_TEST_KEY", "hush-hush")
    assert before in BUCKETS
    with pytest.raises(SettingsError, match=problem) as refused:
        load(folder, BUCKETS.replace(before, after))
    assert "hush-hush" not in str(refused.value)
