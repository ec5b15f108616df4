"""The client asks a real `vouch serve`."""

import asyncio
from dataclasses import fields
from pathlib import Path

import pytest
from vouch_client import AsyncClient, Client, Hit, NotAllowed, NotFound, Refused, field

import vouch
from tests.vouch.service.conftest import ADMIN_KEY, BOARD_KEY, DOCUMENTS, STAFF_KEY
from tests.vouch.service.running import Service

QUERY = "How long is parental leave?"


def _readable_by(group: str) -> set[str]:
    readers = {name: text.split("---")[1] for name, text in DOCUMENTS.items() if "acl:" in text}
    return {name for name, acl in readers.items() if group in acl}


def test_a_search_returns_what_the_index_itself_returns(anybody: Service, library: Path):
    with Client(anybody.url) as client, vouch.open(library / "data/index") as index:
        answer = client.search(QUERY, k=3, breadth="all")
        hits = index.search(QUERY, k=3, breadth="all")
        assert answer.run_id == index.run_id
        assert len(answer) == len(hits) == 3
        names = [each.name for each in fields(Hit)]
        for name in set(names) - {"more", "scores", "explanation", "fields"}:
            assert [getattr(hit, name) for hit in answer] == [getattr(hit, name) for hit in hits]
        assert [hit.scores["relevance"] for hit in answer] == [hit.score for hit in hits]
        # What else the service says of a hit is kept.
        newer = {"best_start", "best_end", "places", "more_places"}
        assert all(hit.more.keys() <= newer for hit in answer)
        assert answer[0].fields["acl"]


def test_every_option_reaches_the_service(anybody: Service):
    with Client(anybody.url) as client:
        [hit] = client.search("director", k=1, mode="text", explain=True)
        assert (hit.uri, hit.explanation["place"]) == ("salaries.md", 1)
        staff = client.search(QUERY, k=20, breadth="all", filters=field("acl") == "staff")
        assert {hit.uri for hit in staff} == _readable_by("staff")
        board = client.search(
            QUERY, k=20, breadth="all", profile="members", values={"groups": ["board"]}
        )
        assert {hit.uri for hit in board} == _readable_by("board")
        assert board.profile == "members"


def test_a_citation_holds_in_the_document_and_its_context(anybody: Service):
    with Client(anybody.url) as client:
        [hit] = client.search(QUERY, k=1)
        document = client.document(hit.document_id)
        assert document.text[hit.char_start : hit.char_end] == hit.text
        assert (document.run_id, document.uri) == (client.health().run_id, "leave.md")
        context = client.context(hit.document_id, hit.char_start, hit.char_end, around=5)
        assert context.text == hit.text
        assert context.before == document.text[: hit.char_start][-5:]
        assert context.after == document.text[hit.char_end :][:5]
        assert client.trace(hit.chunk_id)["chunk"]["text"]


def test_runs_and_profiles_are_listed(anybody: Service):
    with Client(anybody.url) as client:
        [run] = client.runs()
        assert (run["id"], run["is_served"]) == (client.health().run_id, True)
        assert client.run("latest")["checks"]
        [members] = [each for each in client.profiles() if each["name"] == "members"]
        assert members["parameters"] == ["groups"]
        assert "language" in {each["name"] for each in client.fields()}


def test_a_key_reads_what_its_profile_lets_it_read(locked: Service):
    with Client(locked.url, ADMIN_KEY) as client:
        [secret] = client.search("merger", k=1, mode="text")
    with Client(locked.url, STAFF_KEY) as client:
        assert "merger.md" not in {hit.uri for hit in client.search("merger", breadth="all")}
        for ask in (
            lambda: client.document(secret.document_id),
            lambda: client.context(secret.document_id, 0, 5),
            lambda: client.trace(secret.chunk_id),
        ):
            with pytest.raises(NotFound):
                ask()
    with Client(locked.url, BOARD_KEY) as client:
        values = {"groups": ["board"]}
        assert "merger" in client.document(secret.document_id, values=values).text
        with pytest.raises(NotAllowed, match="needs a value for groups"):
            client.search("merger")


def test_errors_have_the_words_of_the_service(locked: Service):
    with Client(locked.url, "not-a-key-of-anybody") as client:
        with pytest.raises(NotAllowed, match="API key"):
            client.search(QUERY)
        assert client.health().ready
    with Client(locked.url, ADMIN_KEY) as client:
        with pytest.raises(Refused, match="empty") as refused:
            client.search("  ")
        assert (refused.value.status, refused.value.body["code"]) == (422, "invalid")
        with pytest.raises(Refused, match="language"):
            client.search(QUERY, filters="lnguage=en")
        with pytest.raises(Refused, match="mode"):
            client.search(QUERY, mode="semantic")
        with pytest.raises(NotFound):
            client.document("0" * 32)


def test_many_tasks_share_a_client(anybody: Service):
    async def ask() -> list[str]:
        async with AsyncClient(anybody.url) as client:
            answers = await asyncio.gather(*(client.search(QUERY, k=1) for _ in range(20)))
            health = await client.health()
            document = await client.document(answers[0][0].document_id)
            assert document.run_id == health.run_id
            return [answer[0].uri for answer in answers]

    assert asyncio.run(ask()) == ["leave.md"] * 20
