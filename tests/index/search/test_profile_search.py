"""Searches by a profile in a real index: its filters hold, its boosts lift, and hits say why."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.steps import configure, run, tables, write
from tests.tiny_model import make_tiny_cross_encoder
from vouch.index.search.explanation import reasons
from vouch.index.search.index import Index
from vouch.index.store.run_log import newest_published, write_run
from vouch.pipeline.context.index_model import reranker_of
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import SettingsError, ValueMissing
from vouch.schemas.search_options import SearchOptions
from vouch.schemas.search_profiles import Given, load_profiles, options_of, read_values
from vouch.schemas.settings.profiles import ProfileSettings

TEAMS = ("finance", "people", "sales")
AT = datetime(2026, 11, 30, tzinfo=UTC)
QUERY = "the rate of the currency"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    path = configure(tmp_path_factory.mktemp("searched"), tiny_model)
    for number in range(9):
        team = TEAMS[number % 3]
        write(
            path,
            f"{number}.md",
            f"---\nteam: {team}\nacl: [staff, {team}]\nrank: {number}\n"
            f"valid: 2026-{number + 1:02}-01\n---\n# Note {number}\n\n"
            f"{'The rate of the currency. ' * (number % 4 + 1)}Note {number} of {team}.",
        )
    write(path, "undated.md", f"# Undated\n\n{QUERY}, without a date.")
    run(path)
    return path


@pytest.fixture(scope="module")
def index(path: Path) -> Index:
    return Index(read_settings(path).index_location)


def search(index: Index, profile: dict[str, Any], mode: str = "text", **values: Any) -> list:
    given_options = Given(10, mode, breadth="all", explain=True)
    options = options_of(ProfileSettings.model_validate(profile), given_options, values, at=AT)
    return index.searcher.search(QUERY, options)


@pytest.mark.parametrize("mode", ["text", "vector", "hybrid"])
@pytest.mark.parametrize("breadth", ["precise", "balanced", "broad", "all"])
def test_a_neutral_profile_gives_the_same_results(index: Index, mode: Any, breadth: Any):
    options = SearchOptions(10, mode, breadth=breadth)
    neutral = options_of(ProfileSettings(mode=mode, breadth=breadth, k=10))
    assert neutral == options
    factors = options_of(
        ProfileSettings.model_validate(
            {
                "boosts": [{"where": "metadata.team=finance", "factor": 1}],
                "decay": {"half_life_days": 1, "floor": 1},
            }
        ),
        defaults=options,
    )
    plain = index.searcher.search(QUERY, options)
    assert index.searcher.search(QUERY, factors) == plain
    assert plain[0].explanation is None


@pytest.mark.parametrize("mode", ["text", "vector", "hybrid"])
def test_the_parts_of_an_explanation_give_the_score(index: Index, mode: str):
    profile = {
        "boosts": [{"where": "metadata.team=finance", "factor": 3, "query": ["currency"]}],
        "decay": {"field": "metadata.valid", "half_life_days": 90},
    }
    for place, hit in enumerate(search(index, profile, mode), 1):
        why = hit.explanation
        score = (why.relevance + why.neighbours) * why.factor * why.scale + why.identifiers
        assert hit.score == pytest.approx(score)
        assert why.place == place
        sides = [side.relevance for side in (why.vector, why.words) if side]
        assert why.relevance == pytest.approx(sum(sides) / (2 if mode == "hybrid" else 1))
        assert (why.vector is None) == (mode == "text")
        is_boosted = any(each.rule.startswith("metadata.team=finance") for each in why.adjustments)
        assert is_boosted == (hit.fields.get("team") == "finance")
        assert dict(reasons(why))["together"] == f"{why.relevance:.3f}"


def test_a_boost_and_a_decay_by_typed_metadata_order_the_hits(index: Index):
    preferred = search(index, {"boosts": [{"where": "metadata.rank>=6", "factor": 10}]})
    assert all(hit.fields["rank"] >= 6 for hit in preferred[:3])
    # The newest of equal texts first, those without a date as the oldest.
    decay = {"field": "valid", "half_life_days": 10, "floor": 0.1}
    by_uri = {hit.uri: hit.explanation for hit in search(index, {"decay": decay})}
    factors = [by_uri[f"{number}.md"].factor for number in range(9)]
    assert factors == sorted(factors)
    assert by_uri["undated.md"].factor == pytest.approx(0.1)
    assert by_uri["undated.md"].adjustments[0].rule == "valid: no date"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "where": st.sampled_from(
                    ["metadata.team=sales", "uri=1.md", "metadata.acl in (people, sales)"]
                ),
                "factor": st.floats(0.01, 10),
            }
        ),
        max_size=4,
    ),
    st.sampled_from(TEAMS),
    st.sampled_from(["text", "hybrid"]),
)
def test_the_filters_of_a_profile_hold_whatever_it_prefers(index: Index, boosts, team, mode):
    profile = {"filters": ["metadata.acl in ($groups)"], "boosts": boosts}
    hits = search(index, profile, mode, groups=[team])
    assert hits
    assert {hit.fields["team"] for hit in hits} == {team}


def test_a_caller_s_filters_are_joined_and_its_values_are_required(index: Index):
    profile = ProfileSettings(filters=("metadata.acl in ($groups)",), k=7, mode="text")
    options = options_of(profile, Given(filters=("metadata.team=sales",)), {"groups": ["finance"]})
    assert (options.k, options.mode, len(options.filters)) == (7, "text", 2)
    assert index.searcher.search(QUERY, options) == []
    assert options_of(profile, Given(k=2, mode="vector"), {"groups": "hr"}).k == 2
    with pytest.raises(ValueMissing, match="groups"):
        options_of(profile)
    with pytest.raises(SettingsError, match="'group' belongs to no filter.*there are groups"):
        options_of(profile, values={"groups": "a", "group": "b"})
    # A value is a value, whatever it contains.
    attack = options_of(profile, values={"groups": "x) or (source=docs"})
    assert index.searcher.search(QUERY, attack) == []


def test_a_reranker_s_scores_are_weighed_by_the_boosts(path: Path, index: Index):
    make_tiny_cross_encoder(path.parent / "models" / "reranker")
    reranker = reranker_of(read_settings(path), "models/reranker")
    boost = {"where": "metadata.team=finance", "factor": 10}
    options = options_of(
        ProfileSettings.model_validate({"boosts": [boost]}), Given(10, "text", explain=True)
    )
    hits = index.searcher.search(QUERY, options, reranker)
    plain = index.searcher.search(QUERY, SearchOptions(10, "text"), reranker)
    assert {hit.fields.get("team") for hit in hits[:3]} == {"finance"}
    assert {hit.chunk_id for hit in hits} == {hit.chunk_id for hit in plain}
    raw = {hit.chunk_id: hit.score for hit in plain}
    for place, hit in enumerate(hits, 1):
        assert hit.explanation.reranker == pytest.approx(raw[hit.chunk_id], abs=1e-4)
        assert hit.explanation.place == place


def test_rows_of_before_decay_by_the_texts_of_their_metadata(path: Path, tmp_path: Path):
    copy = shutil.copytree(path.parent, tmp_path / "copy") / "vouch.yaml"
    # As a version until 0.12.0 wrote them.
    tables(copy).chunks.drop_columns(["fields"])
    record = newest_published(tables(copy)).model_copy(update={"versions": tables(copy).versions()})
    write_run(tables(copy), record)
    searcher = Index(read_settings(copy).index_location).searcher
    profile = ProfileSettings.model_validate(
        {"decay": {"field": "metadata.valid", "half_life_days": 10, "floor": 0}}
    )
    options = options_of(profile, Given(10, "text", breadth="all", explain=True), at=AT)
    hits = searcher.find(QUERY, options)
    factors = {hit.uri: hit.explanation.factor for hit in hits}
    assert factors["8.md"] > factors["0.md"] > factors["undated.md"] == 0


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"boosts": [{"where": "metadata.taem=a", "factor": 2}]}, "taem"),
        ({"filters": ["metadata.taem=a"]}, "taem"),
        ({"decay": {"field": "metadata.vald", "half_life_days": 1}}, "vald"),
    ],
)
def test_a_key_that_no_document_has_is_named(index: Index, profile: dict, message: str):
    with pytest.raises(SettingsError, match=message):
        index.searcher.check(ProfileSettings.model_validate(profile))
    index.searcher.check(
        ProfileSettings(filters=("metadata.acl in ($groups)", "metadata.team=sales"))
    )


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"filters": ["language"]}, "cannot be read"),
        ({"boosts": [{"where": "source=$team", "factor": 2}]}, r"\$team: a value that a caller"),
        ({"boosts": [{"where": "source=a", "factor": 0}]}, "greater than 0"),
        ({"boosts": [{"where": "source=a", "factor": 11}]}, "less than or equal to 10"),
        ({"boosts": [{"where": "source=a", "factor": 2, "query": ["?"]}]}, "no word"),
        ({"decay": {"half_life_days": 0}}, "greater than 0"),
        ({"mode": "semantic"}, "'vector', 'text' or 'hybrid'"),
        ({"k": 0}, "greater than or equal to 1"),
        ({"weights": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_profile_is_refused_when_it_is_read(profile: dict, message: str):
    with pytest.raises(ValueError, match=message):
        ProfileSettings.model_validate(profile)


def test_values_are_read_from_pairs():
    assert read_values(["groups=staff", "groups=hr", "who=a=b"]) == {
        "groups": ["staff", "hr"],
        "who": "a=b",
    }
    with pytest.raises(SettingsError, match="NAME=VALUE"):
        read_values(["staff"])


def test_profiles_that_a_later_version_wrote_are_refused_in_a_sentence():
    assert load_profiles(None) == {}
    with pytest.raises(SettingsError, match="another version of Vouch"):
        load_profiles({"acme": {"novelty": 3}})
