"""Retrieval profiles are audited and published with a run, by themselves where nothing else changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import vouch
from tests.command_line import run_command
from tests.pipeline.faults import Killed, at, make_records_as_killed
from tests.pipeline.steps import configure, failed, outcome, run, tables, write
from vouch.index.store.run_log import newest_published
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.approval import approve
from vouch.pipeline.operations.golden.importing import import_golden
from vouch.pipeline.operations.retrieval_evaluation import evaluate, evaluate_published
from vouch.pipeline.operations.rollback import release, rollback
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.errors import IndexError_, SettingsError
from vouch.schemas.runs.record import RunRecord, Severity, Status
from vouch.validators.retrieval.golden_queries import load_golden

SUBJECTS = (
    "kettles",
    "bridges",
    "violins",
    "glaciers",
    "archives",
    "orchards",
    "harbours",
    "mills",
)
RIGHT = "The warden keeps the {} warm and counted."
WRONG = "Nobody in that other town ever said who keeps the {} warm, dry and counted at night."
BAD = {"boosts": [{"where": "uri~wrong", "factor": 10}]}
GOOD = {"boosts": [{"where": "uri~right", "factor": 2}]}
NEGATIVE = {"id": "no-wrong", "query": "Who keeps the mills warm?", "not_from": ["wrong/**"]}


def golden(**more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": subject,
            "query": f"Who keeps the {subject} warm and counted?",
            "source": "docs",
            "uri": f"right/{subject}.md",
            "answer": RIGHT.format(subject),
            **more,
        }
        for subject in SUBJECTS
    ]


def settings_with(
    path: Path, profile: dict[str, Any] | None, queries: list[dict[str, Any]], **retrieval: Any
) -> Path:
    """Write the settings of the project with a profile `acme`, and its golden queries."""
    model = json.loads(path.read_text("utf-8"))["embedding"]["model"]
    (path.parent / "golden.jsonl").write_text("\n".join(map(json.dumps, queries)), "utf-8")
    gate = {"golden": "golden.jsonl", "mode": "text", "k": 1, **retrieval}
    sections = {"profiles": {"acme": profile}} if profile is not None else {}
    return configure(path.parent, model, retrieval=gate, **sections)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    path = configure(folder, tiny_model)
    for subject in SUBJECTS:
        write(path, f"right/{subject}.md", RIGHT.format(subject))
        write(path, f"wrong/{subject}.md", WRONG.format(subject))
    settings_with(path, {}, golden(), profiles=["acme"])
    run(path)
    return folder


@pytest.fixture
def project(first: Path, tmp_path: Path) -> Path:
    return shutil.copytree(first, tmp_path / "project") / "vouch.yaml"


def published_profile(path: Path) -> dict[str, Any]:
    record = newest_published(tables(path))
    assert record is not None
    assert record.profiles is not None
    return record.profiles["acme"]


def versions(path: Path) -> dict[str, int]:
    return tables(path).versions()


def test_a_boost_that_loses_answers_rejects_the_run_and_one_that_loses_none_is_published(
    project: Path,
):
    before, neutral = versions(project), published_profile(project)
    record = outcome(settings_with(project, BAD, golden(), profiles=["acme"]))
    assert record.status is Status.REJECTED
    checks = {check.reference: check for check in record.blocking_checks}
    check = checks["golden_queries:recall@1@profile:acme"]
    assert (check.concerned, check.figure) == (len(SUBJECTS), 1.0)
    assert "by profile acme" in check.name
    # A search without the profile is as it was.
    assert record.retrieval is not None
    by_group = {group.name: group for group in record.retrieval.groups}
    assert by_group["overall"].candidate["recall@1"].mean == 1.0
    assert by_group["profile:acme"].candidate["recall@1"].mean == 0.0
    assert record.metrics["golden recall@1 profile:acme"] == 0.0
    assert record.retrieval.profiles["acme"].lost[0].id in SUBJECTS
    assert published_profile(project) == neutral
    assert versions(project) == before
    assert "by profile acme" in Path(str(record.report)).read_text("utf-8")

    record = run(settings_with(project, GOOD, golden(), profiles=["acme"]))
    assert record.status is Status.PUBLISHED
    assert record.profile_changes == {"acme": "changed"}
    # Profiles alone make no new versions of the tables.
    assert versions(project) == before
    assert published_profile(project)["boosts"][0]["where"] == "uri~right"
    assert newest_published(tables(project)).run_id == record.run_id
    assert run(project).status is Status.UNCHANGED


def test_a_new_profile_is_compared_with_a_search_without_its_boosts(project: Path):
    run(settings_with(project, None, golden()))
    record = outcome(settings_with(project, BAD, golden(), profiles=["acme"]))
    assert record.status is Status.REJECTED
    assert record.profile_changes == {"acme": "added"}
    assert "not published yet" in record.blocking_checks[0].message


def test_a_minimum_can_be_required_of_a_profile(project: Path):
    required = {"profiles": ["acme"], "require": {"profile:acme": 0.9}, "tolerance": 1.0}
    record = outcome(settings_with(project, BAD, golden(), **required))
    assert failed(record) == {"golden_minimum:profile:acme": Severity.REJECT}


def test_a_profile_and_documents_are_published_together(project: Path):
    write(settings_with(project, GOOD, golden(), profiles=["acme"]), "right/tea.md", "Tea is hot.")
    record = run(project)
    assert (record.status, record.accounting.published) == (Status.PUBLISHED, 1)
    assert record.profile_changes == {"acme": "changed"}
    assert "boosts" in published_profile(project)


def test_going_back_brings_the_profile_of_that_state_back(project: Path):
    old = newest_published(tables(project))
    neutral = published_profile(project)
    new = run(settings_with(project, GOOD, golden(), profiles=["acme"]))
    file = read_settings(project)
    rollback(file, old.run_id)
    assert published_profile(project) == neutral
    rollback(file, new.run_id)
    assert published_profile(project) == new.profiles["acme"]
    release(file)
    assert run(project).status is Status.UNCHANGED


def test_an_approval_publishes_the_rejected_profile_unless_another_one_was_published(project: Path):
    rejected = outcome(settings_with(project, BAD, golden(), profiles=["acme"]))
    published = approve(
        read_settings(project), rejected.run_id, why="the wrong town pays", who="ada"
    )
    assert published.status is Status.PUBLISHED
    assert published_profile(project)["boosts"][0]["where"] == "uri~wrong"

    required = {"require": {"profile:acme": 0.5}}
    settings_with(project, BAD | {"k": 3}, golden(), profiles=["acme"], **required)
    rejected = outcome(project)
    assert rejected.status is Status.REJECTED
    run(settings_with(project, GOOD, golden(), profiles=["acme"]))
    with pytest.raises(IndexError_, match="the index has changed"):
        approve(read_settings(project), rejected.run_id, why="no", who="ada")
    assert published_profile(project)["boosts"][0]["where"] == "uri~right"


def test_a_query_of_a_profile_that_must_not_answer_from_a_document_rejects_the_run(project: Path):
    limited = {"filters": ["uri~right"]}
    negative = NEGATIVE | {"profile": "acme"}
    run(settings_with(project, limited, [*golden(), negative], k=5))
    record = outcome(settings_with(project, {}, [*golden(), negative], k=5))
    assert [check.reference for check in record.blocking_checks] == ["golden_negative@profile:acme"]
    assert record.retrieval.profiles["acme"].breaches[0].published is False


def test_the_plan_names_the_profiles_that_would_change(project: Path):
    settings_with(project, GOOD, golden(), profiles=["acme"])
    assert vouch.plan(project).profile_changes == {"acme": "changed"}
    done = run_command("--config", str(project), "plan")
    assert "Retrieval profiles, published if golden queries agree: acme (changed)." in done.output


def test_an_evaluation_searches_by_a_profile(project: Path):
    file = read_settings(settings_with(project, BAD, golden(), profiles=["acme"]))
    text = file.golden_or(None)
    (plain,) = {evaluate(file, text)["text"].means["recall@1"]}
    assert plain == 1.0
    assert evaluate(file, text, profile="acme")["text"].means["recall@1"] == 0.0
    with pytest.raises(SettingsError, match="there is no profile 'acne'; there are acme"):
        evaluate(file, text, profile="acne")
    done = run_command("--config", str(project), "--json", "evaluate", "--profile", "acme")
    assert json.loads(done.output)["text"]["means"]["recall@1"] == 0.0
    # What is recorded is about the profile that is published.
    record: RunRecord = evaluate_published(file, None)
    assert record.metrics["golden recall@1 profile:acme"] == 1.0


@pytest.mark.parametrize(
    ("queries", "profile", "retrieval", "message"),
    [
        ([NEGATIVE | {"profile": "acne"}], {}, {}, "query no-wrong: there is no profile 'acne'"),
        ([NEGATIVE | {"values": {"a": "b"}}], {}, {}, "name the profile"),
        ([NEGATIVE | {"profile": "acme", "values": {"a": "b"}}], {}, {}, "belongs to no filter"),
        (golden(), {}, {"profiles": ["acne"]}, "'acne', which is no profile; there are acme"),
        (golden(), {}, {"require": {"profile:other": 1}}, "in this group; there are overall"),
    ],
)
def test_queries_whose_profile_is_not_there_are_refused_at_once(
    project: Path,
    queries: list[dict[str, Any]],
    profile: dict[str, Any],
    retrieval: dict[str, Any],
    message: str,
):
    settings_with(project, profile, queries, **retrieval)
    with pytest.raises(SettingsError, match=message):
        read_settings(project)


def test_the_command_searches_by_the_published_profile_and_says_where_the_settings_differ(
    project: Path,
):
    limited = {"filters": ["uri=$name"], "boosts": [{"where": "uri~right", "factor": 2}]}
    settings_with(project, limited, golden())
    base = ["--config", str(project), "--json", "search", "--mode", "text", "who keeps the mills"]
    # The published profile has no filters yet, and no value for one.
    done = run_command(*base, "--profile", "acme")
    assert done.code == 0
    assert "vouch.yaml has another profile acme" in done.errors
    done = run_command(*base, "--profile", "acme", "--draft")
    assert (done.code, "needs a value for name" in done.output + done.errors) == (2, True)
    value = "name=right/mills.md"
    done = run_command(*base, "--profile", "acme", "--draft", "--value", value, "--explain")
    (answer,) = json.loads(done.output)
    (hit,) = answer["hits"]
    assert hit["uri"] == "right/mills.md"
    assert hit["explanation"]["adjustments"] == [{"rule": "uri~right", "factor": 2.0}]
    assert (hit["explanation"]["place"], hit["explanation"]["words"]["rank"]) == (1, 1)
    done = run_command(*base, "--profile", "acne", "--draft")
    assert (done.code, "there are acme" in done.output + done.errors) == (2, True)
    done = run_command(*base, "--value", value)
    assert (done.code, "belongs to no filter" in done.output + done.errors) == (2, True)

    run(project)
    done = run_command(*base, "--profile", "acme", "--value", value)
    assert [hit["uri"] for hit in json.loads(done.output)[0]["hits"]] == ["right/mills.md"]
    readable = [each for each in base if each != "--json"]
    done = run_command(*readable, "--profile", "acme", "--value", value, "--explain")
    assert "uri~right" in done.output
    assert "× 2" in done.output
    settings_with(project, None, golden())
    done = run_command(*base, "--profile", "acme", "--value", value)
    assert "vouch.yaml no longer has the profile acme" in done.errors


def test_a_profile_that_is_not_published_yet_is_named(project: Path):
    settings_with(project, None, golden())
    run(project)
    settings_with(project, GOOD, golden())
    done = run_command("--config", str(project), "search", "mills", "--profile", "acme")
    assert (done.code, "--draft searches with it now" in done.errors) == (2, True)


def test_a_golden_query_is_added_with_its_profile(project: Path):
    path = settings_with(project, {"filters": ["uri=$name"]}, golden())
    add = ["--config", str(path), "golden", "add", "Who keeps the mills?", "--not-from", "wrong/**"]
    done = run_command(*add, "--profile", "acme")
    assert (done.code, "needs a value for name" in done.errors) == (2, True)
    done = run_command(*add, "--profile", "acne", "--value", "name=a.md")
    assert (done.code, "there is no profile" in done.errors) == (2, True)
    assert run_command(*add, "--profile", "acme", "--value", "name=a.md").code == 0
    # Asked without the profile it is another query.
    assert run_command(*add).code == 0
    (by_profile, without) = load_golden(read_settings(path).golden)[-2:]
    assert (by_profile.profile, by_profile.values) == ("acme", {"name": "a.md"})
    assert (without.profile, without.digest != by_profile.digest) == (None, True)
    rows = path.parent / "more.csv"
    rows.write_text("query,not_from,profile,values\nWho?,wrong/**,acme,name=b.md\nWhen?,x,acne,\n")
    imported = import_golden(read_settings(path), rows)
    assert imported.added[0].values == {"name": "b.md"}
    assert "there is no profile 'acne'" in imported.skipped[0].reason


@pytest.mark.parametrize(
    ("boundary", "side"),
    [
        (Boundary.RECORD_INTENT, Side.BEFORE),
        (Boundary.RECORD_INTENT, Side.AFTER),
        (Boundary.TAG, Side.AFTER),
        (Boundary.WRITE_RUN, Side.AFTER),
    ],
)
def test_a_publication_of_profiles_that_was_cut_short_is_finished_or_done_again(
    project: Path, boundary: Boundary, side: Side
):
    before = versions(project)
    settings_with(project, GOOD, golden(), profiles=["acme"])
    with at(boundary, side), pytest.raises(Killed):
        run(project)
    make_records_as_killed(read_settings(project))
    again = run(project)
    assert published_profile(project)["boosts"][0]["where"] == "uri~right"
    assert again.status in (Status.PUBLISHED, Status.UNCHANGED)
    assert {name: versions(project)[name] for name in ("chunks", "documents")} == {
        name: before[name] for name in ("chunks", "documents")
    }
    assert run(project).status is Status.UNCHANGED


def test_a_key_that_no_document_has_rejects_the_profile_that_names_it(project: Path):
    wrong = {"boosts": [{"where": "metadata.taem=finance", "factor": 2}]}
    write(project, "team.md", "---\nteam: finance\n---\n# Team\n\nThe team of the mills.")
    record = outcome(settings_with(project, wrong, golden()))
    (check,) = record.blocking_checks
    assert check.reference == "golden_queries@profile:acme"
    assert "taem" in check.message
