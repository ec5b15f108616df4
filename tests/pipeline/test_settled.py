"""What is told of all documents at once is what is told of each by itself."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from vouch.parsers.registry import parse_fingerprint
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.planning.index_state import HeldState
from vouch.pipeline.planning.plan import Plan, Planned
from vouch.pipeline.planning.planner import Decider
from vouch.schemas.arrow import DOCUMENTS, QUARANTINE
from vouch.schemas.ids import document_id
from vouch.schemas.records import Filtered, Fingerprints, Listing, Reason, SourceItem
from vouch.schemas.settings import Settings

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SET = Fingerprints(chunk="c", embedding="e", check="k", limits="l", fetch={"docs": "f"})
SETTINGS = Settings.model_validate({"sources": [{"name": "docs", "path": "documents"}]})
STATES = {
    "status": st.sampled_from(["published"] * 4 + ["quarantined", "filtered"]),
    "size": st.sampled_from([1, 1, 1, 2, None]),
    "etag": st.sampled_from([None, None, "", "a", "b"]),
    "source_modified_at": st.sampled_from([NOW, NOW, NOW - timedelta(days=1), None]),
    "parser": st.sampled_from(["markdown", "markdown", "text", None]),
    "parse_fingerprint": st.sampled_from([None, "old"]),
    "chunk_fingerprint": st.sampled_from(["c", "c", "c", "old", None]),
    "check_fingerprint": st.sampled_from(["k", "k", "k", "old", None]),
    "embedding_fingerprint": st.sampled_from(["e", "e", "e", "old", None]),
    "remove_after": st.sampled_from([None, None, None, NOW + timedelta(days=1)]),
}
HELD = st.fixed_dictionaries(
    {**STATES, "child": st.booleans(), "rejected": st.booleans(), "current": st.booleans()}
)
LISTED = st.tuples(STATES["size"], STATES["source_modified_at"], STATES["etag"])
DOCUMENT = st.tuples(st.none() | HELD, st.none() | LISTED | st.just("filtered"))


def frames(held: dict[str, dict]) -> HeldState:
    rows, rejects = [], []
    for uri, state in held.items():
        identity = document_id("docs", uri)
        if state["current"] and state["parser"]:
            state = state | {
                "parse_fingerprint": parse_fingerprint(state["parser"], SET.amend, SET.ocr)
            }
        row = {name: state.get(name) for name in DOCUMENTS.names} | {
            "document_id": identity,
            "source": "docs",
            "uri": uri,
        }
        row["reason"] = "hidden" if state["status"] == "filtered" else None
        rows.append(row)
        if state["child"]:
            rows.append(
                row
                | {
                    "document_id": identity[::-1],
                    "uri": f"{uri}#attachment/1/a",
                    "parent_id": identity,
                }
            )
        if state["rejected"]:
            told = {
                "document_id": identity,
                "source": "docs",
                "stage": "parse",
                "reason": "empty",
                "rule_fingerprint": "l",
            }
            rejects.append(
                dict.fromkeys(QUARANTINE.names) | told | {"parked": False, "attempts": 1}
            )
    made = [
        pl.DataFrame(pl.from_arrow(schema.empty_table())).schema
        for schema in (DOCUMENTS, QUARANTINE)
    ]
    return HeldState(pl.DataFrame(rows, schema=made[0]), pl.DataFrame(rejects, schema=made[1]))


def planned(held: HeldState, listing: Listing, scope: Scope) -> Plan:
    return Decider(held, SET, scope, SETTINGS, NOW).plan([listing])


def listed_in(plan: Plan) -> list[Planned]:
    return sorted((one for one in plan.documents if not one.unlisted), key=lambda one: one.item.uri)


@given(st.lists(DOCUMENT, max_size=12), st.booleans())
def test_a_plan_of_columns_is_the_plan_of_rows(documents: list, complete: bool):
    held = {f"{n}.md": state for n, (state, _) in enumerate(documents) if state is not None}
    listed = {f"{n}.md": told for n, (_, told) in enumerate(documents) if told is not None}
    items = [SourceItem("docs", uri, *told) for uri, told in listed.items() if told != "filtered"]
    filtered = tuple(
        Filtered(SourceItem("docs", uri, 1, NOW, None), Reason.HIDDEN)
        for uri, told in listed.items()
        if told == "filtered"
    )
    listing = Listing("docs", tuple(items), filtered, complete)
    whole = planned(frames(held), listing, Scope())
    # A scope that names every document decides over each of them by itself, and removes nothing.
    ids = frozenset(document_id("docs", item.uri) for item in items)
    single = planned(frames(held), listing, Scope(documents=ids))
    assert single.settled_count == 0
    assert [one for one in listed_in(whole) if one.rule is None] == listed_in(single)
    assert sum(whole.counts.values()) == whole.size == len(whole.documents)
    gone = {uri for uri in held if uri not in listed}
    assert {one.item.uri for one in whole.documents if one.unlisted} == (
        gone if complete else set()
    )


def test_what_is_as_it_should_be_is_settled_and_nothing_else():
    sound = {
        "status": "published", "size": 1, "etag": None, "source_modified_at": NOW, "parser": "markdown", "current": True,
        "chunk_fingerprint": "c", "check_fingerprint": "k", "embedding_fingerprint": "e", "child": False, "rejected": False,
    }  # fmt: skip
    held = {"a.md": sound, "b.md": sound, "c.md": sound | {"child": True}}
    items = tuple(
        SourceItem("docs", uri, size, NOW, None)
        for uri, size in (("a.md", 1), ("b.md", 2), ("c.md", 1))
    )
    plan = planned(frames(held), Listing("docs", items, (), True), Scope())
    assert [item.uri for part in plan.settled for item, _ in part] == ["a.md"]
    assert plan.counts == {"changed": 1, "unchanged": 2}
    assert plan.held.published_roots == 3
