"""Golden queries by profile: who is searched by which, and what a record keeps of them."""

from datetime import date

import pytest

from vouch.schemas.errors import SettingsError
from vouch.schemas.runs.record import Outcome, Severity
from vouch.schemas.settings.gates import RetrievalSettings
from vouch.schemas.settings.profiles import ProfileSettings
from vouch.validators.retrieval.checks import profile_checks, profile_not_searched_check
from vouch.validators.retrieval.comparison import Sides, compare, with_profiles
from vouch.validators.retrieval.golden_queries import GoldenQuery, by_profile, check_profiles
from vouch.validators.retrieval.groups import missing_group, series
from vouch.validators.retrieval.kept_scores import kept_scores
from vouch.validators.retrieval.scoring import Scores, metric_names

K = 5
SETTINGS = RetrievalSettings(k=K)
TODAY = date(2026, 11, 30)


def query(identity: str, profile: str | None = None, **more: object) -> GoldenQuery:
    fields = {"id": identity, "query": identity, "source": "docs", "uri": "a.md", "answer": "a"}
    return GoldenQuery.model_validate(fields | {"profile": profile} | more)


def scores(values: dict[str, float]) -> Scores:
    names = metric_names(K)
    by_query = {key: dict.fromkeys(names, value) for key, value in values.items()}
    return Scores(K, by_query, searched=frozenset(values))


def test_queries_are_searched_by_their_own_profile_and_by_those_of_the_settings():
    golden = [query("a"), query("b", "acme"), query("c")]
    groups = by_profile(golden, ["acme", "other"])
    assert {name: [each.id for each in group] for name, group in groups.items()} == {
        None: ["a", "c"],
        "acme": ["b", "a", "c"],
        "other": ["a", "c"],
    }
    assert {each.profile for each in groups["acme"]} == {"acme"}
    assert list(by_profile([query("b", "acme")])) == [None, "acme"]


def test_the_profile_and_its_values_are_part_of_what_scores_depend_on():
    plain, named = query("a"), query("a", "acme")
    valued = query("a", "acme", values={"groups": ["staff", "hr"]})
    assert len({each.digest for each in (plain, named, valued)}) == 3
    # Digests of before have no profile.
    assert (
        plain.digest == GoldenQuery.model_validate(plain.model_dump(exclude_defaults=True)).digest
    )
    assert valued.values == {"groups": ("staff", "hr")}
    with pytest.raises(ValueError, match="name the profile"):
        query("a", values={"groups": "staff"})


def test_a_profile_s_checks_have_names_of_their_own_and_are_judged_as_the_others():
    ids = [f"q{number}" for number in range(8)]
    golden = [query(identity, "acme") for identity in ids]
    sides = Sides(golden, scores(dict.fromkeys(ids, 0.0)), scores(dict.fromkeys(ids, 1.0)))
    settings = SETTINGS.model_copy(update={"require": {}})
    checks = profile_checks("acme", sides, compare(sides, settings), settings, TODAY)
    (recall, *_) = checks
    assert recall.reference == f"golden_queries:recall@{K}@profile:acme"
    assert recall.name == f"golden queries by profile acme: recall@{K}"
    assert (recall.severity, recall.outcome) == (Severity.REJECT, Outcome.FAILED)
    required = RetrievalSettings.model_validate({"k": K, "require": {"profile:acme": 0.5}})
    minimum = profile_checks("acme", sides, compare(sides, required), required, TODAY)[-1]
    assert minimum.reference == "golden_minimum:profile:acme@retrieval"
    assert (minimum.outcome, minimum.threshold) == (Outcome.FAILED, 0.5)


def test_a_profile_that_cannot_be_searched_rejects():
    check = profile_not_searched_check("acme", 3, "no key taem")
    assert (check.blocks, check.message) == (True, "3 queries were not searched: no key taem")
    assert "can be searched by it" in profile_not_searched_check("acme", 0, "no key").message


def test_a_record_keeps_the_scores_of_each_profile_apart():
    plain, named = query("a"), query("a", "acme")
    base = compare(Sides([plain], scores({"a": 1.0})), SETTINGS)
    part = compare(Sides([named], scores({"a": 0.25})), SETTINGS)
    retrieval = with_profiles(base, {"acme": part})
    assert [group.name for group in retrieval.groups][-1] == "profile:acme"
    assert series(retrieval)[f"golden recall@{K} profile:acme"] == 0.25
    assert series(retrieval)[f"golden recall@{K}"] == 1.0
    read = type(retrieval).model_validate_json(retrieval.model_dump_json())
    for each, value in ((plain, 1.0), (named, 0.25)):
        assert kept_scores([each], read).value("a", f"recall@{K}") == value


def test_a_required_profile_without_queries_is_refused():
    golden = [query("a"), query("b", "acme")]
    assert missing_group(golden, ["overall", "profile:acme"]) is None
    assert missing_group(golden, ["profile:other"], ["other"]) is None
    problem = missing_group(golden, ["profile:acne"])
    assert problem is not None
    assert "there are profile:acme" in problem[1]


def test_a_query_of_an_unknown_profile_is_named():
    profiles = {"acme": ProfileSettings(filters=("language=$language",))}
    check_profiles([query("a"), query("b", "acme", values={"language": "en"})], profiles, "file")
    for wrong, message in (
        (query("c", "acne"), "file, query c: there is no profile 'acne'; there are acme"),
        (query("d", "acme"), "file, query d: .*language"),
    ):
        with pytest.raises(SettingsError, match=message):
            check_profiles([wrong], profiles, "file")
