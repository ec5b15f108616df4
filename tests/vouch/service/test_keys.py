"""API keys, and the profiles that they are bound to: what is excluded does not exist."""

import base64
import hashlib

import pytest

from tests.command_line import run_command
from tests.vouch.service.conftest import ADMIN_KEY, BOARD_KEY, KEYS, SERVED_KEYS, STAFF_KEY
from tests.vouch.service.running import Service, change, rows_of, serving

ROUTES = (
    "/v1/search?query=x",
    "/v1/runs",
    "/v1/runs/latest",
    "/v1/fields",
    "/v1/profiles",
    "/v1/documents/0123456789abcdef",
    "/v1/documents/0123456789abcdef/context?start=0&end=1",
    "/v1/chunks/0123456789abcdef/trace",
    "/metrics",
    "/openapi.json",
    "/v1/nowhere",
)


@pytest.fixture(scope="module")
def ids(library) -> dict[str, tuple[str, str]]:
    """The ids of a document and of its chunk, by its uri."""
    rows = rows_of(library / "vouch.yaml", "chunks", "uri", "document_id", "chunk_id")
    return {row["uri"]: (row["document_id"], row["chunk_id"]) for row in rows}


def seen(service: Service, key: str, ids: dict[str, tuple[str, str]], **query) -> dict[str, set]:
    """Return the uris of documents that a caller reaches, by route."""
    reached = {"search": set(), "document": set(), "context": set(), "trace": set()}
    for words in ("parental leave lunch", "salary of the director", "merger secret", "text open"):
        for mode in ("hybrid", "vector", "text"):
            body = {"k": 100, "breadth": "all", "mode": mode, **query}
            for hit in service.search(words, key, **body).json()["hits"]:
                reached["search"] |= {hit["uri"], *(place["uri"] for place in hit["places"])}
    values = [f"{name}={each}" for name, given in query.get("values", {}).items() for each in given]
    for uri, (document, chunk) in ids.items():
        for name, path in (
            ("document", f"/v1/documents/{document}"),
            ("context", f"/v1/documents/{document}/context?start=0&end=1"),
            ("trace", f"/v1/chunks/{chunk}/trace"),
        ):
            sign = "&" if "?" in path else "?"
            for each in values:
                path, sign = f"{path}{sign}value={each}", "&"
            answer = service.get(path, key)
            assert answer.status_code in (200, 404), answer.text
            if answer.status_code == 200:
                reached[name].add(uri)
            else:
                assert uri not in answer.text
    return reached


def test_a_caller_reaches_by_no_route_what_its_profile_excludes(locked: Service, ids) -> None:
    for name, uris in seen(locked, STAFF_KEY, ids).items():
        assert uris == {"leave.md", "lunch.md"}, name
    for name, uris in seen(locked, BOARD_KEY, ids, values={"groups": ["board"]}).items():
        assert uris == {"leave.md", "salaries.md", "merger.md", "meals.md"}, name
    for name, uris in seen(locked, ADMIN_KEY, ids).items():
        assert uris == ids.keys(), name


@pytest.mark.parametrize(
    "filter",
    [
        "acl=board",
        "acl!=staff",
        "(acl=board or acl=staff)",
        "(not acl=staff)",
        "title=Merger",
        "title~e') OR (1=1) --",
        "uri=merger.md",
    ],
)
def test_a_caller_s_filters_only_narrow(locked: Service, filter: str) -> None:
    answer = locked.search("merger salary", STAFF_KEY, k=50, breadth="all", filters=[filter])
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert {hit["uri"] for hit in answer.json()["hits"]} <= {"leave.md", "lunch.md"}


def test_a_caller_cannot_take_another_profile_or_other_values(locked: Service) -> None:
    for body in (
        {"profile": "english"},
        {"values": {"groups": ["board"]}},
        {"profile": "members", "values": {"groups": ["board"]}},
    ):
        answer = locked.search("merger", STAFF_KEY, **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    own = locked.search("leave", STAFF_KEY, profile="members")
    assert own.status_code == 200


def test_a_value_that_is_not_bound_must_be_given(locked: Service, ids) -> None:
    document, chunk = ids["leave.md"]
    assert locked.search("merger", BOARD_KEY).json()["code"] == "value_missing"
    for path in (f"/v1/documents/{document}", f"/v1/chunks/{chunk}/trace"):
        answer = locked.get(path, BOARD_KEY)
        assert (answer.status_code, answer.json()["code"]) == (403, "value_missing")


def test_a_caller_sees_its_own_profile_and_no_checks(locked: Service) -> None:
    mine = locked.get("/v1/profiles", STAFF_KEY).json()["profiles"]
    assert [(each["name"], each["parameters"]) for each in mine] == [("members", [])]
    assert len(locked.get("/v1/profiles", ADMIN_KEY).json()["profiles"]) == 2
    assert locked.get("/v1/runs/latest", STAFF_KEY).json()["checks"] is None
    assert locked.get("/v1/runs/latest", ADMIN_KEY).json()["checks"]


def test_no_value_of_another_s_document_is_in_a_list_or_an_error(locked: Service) -> None:
    for filter in ("amount=much", "amount~9", "amount prefix 9", "amout=1"):
        answer = locked.search("salary", STAFF_KEY, filters=[filter])
        assert answer.status_code == 422
        assert "987" not in answer.text
    fields = {each["name"]: each for each in locked.get("/v1/fields", STAFF_KEY).json()["fields"]}
    assert (fields["amount"]["example"], fields["amount"]["documents"]) == (None, None)
    fields = {each["name"]: each for each in locked.get("/v1/fields", ADMIN_KEY).json()["fields"]}
    assert (fields["amount"]["example"], fields["amount"]["documents"]) == ("987654", 1)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer",
        "Bearer wrong",
        f"Bearer {STAFF_KEY[:-1]}",
        f"Bearer {STAFF_KEY} x",
        f"Bearer {hashlib.sha256(STAFF_KEY.encode()).hexdigest()}",
        STAFF_KEY,
        f"Token {STAFF_KEY}",
        "Basic !!!",
        "Basic " + base64.b64encode(f"anybody:{STAFF_KEY}".encode()).decode(),
    ],
)
def test_without_its_key_nobody_gets_anything(
    locked: Service, path: str, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    with locked.client() as client:
        answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_health_says_little_without_a_key(locked: Service) -> None:
    public = locked.get("/health")
    assert (public.status_code, public.json()["ready"]) == (200, True)
    assert public.json()["run_id"] is None
    assert locked.get("/health", STAFF_KEY).json()["run_id"]


def test_openapi_says_that_a_key_is_needed(locked: Service) -> None:
    described = locked.get("/openapi.json", ADMIN_KEY).json()
    assert described["paths"]["/v1/search"]["post"]["security"] == [{"HTTPBearer": []}]


def test_keys_are_in_no_log_and_no_answer(project) -> None:
    wrong = "wrong-key-0123456789abcdef"
    with serving(change(project, serve={"keys": SERVED_KEYS}), environment=KEYS) as service:
        texts = [service.search("leave", key).text for key in (*KEYS.values(), wrong)]
        texts += [service.search(STAFF_KEY, ADMIN_KEY, filters=[f"x={STAFF_KEY}"]).text]
        texts += [service.get(f"/v1/runs/{STAFF_KEY}", ADMIN_KEY).text]
        assert service.end() == 0
        for text in (*texts, service.logged()):
            assert not [key for key in (*KEYS.values(), wrong) if key in text]
        callers = {line["caller"] for line in service.requests_logged()}
        assert callers == {"staff", "board", "admin", "-"}


def test_a_hash_is_enough(project) -> None:
    key = {"name": "app", "key_sha256": hashlib.sha256(b"a key that only the app has").hexdigest()}
    with serving(change(project, serve={"keys": [key]})) as service:
        assert service.search("leave", "a key that only the app has").status_code == 200
        assert service.search("leave", "another").status_code == 401


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        ({"keys": [{"name": "a", "key": "literal-key-0123456789"}]}, "${NAME}"),
        ({"keys": [{"name": "a"}]}, "either key or key_sha256"),
        ({"keys": [{"name": "a", "key": "${NO_SUCH_KEY}"}]}, "NO_SUCH_KEY"),
        ({"keys": [{"name": "a", "key": "${SHORT_KEY}"}]}, "fewer than 20"),
        (
            {"keys": [{"name": "a", "key": "${STAFF_KEY}"}, {"name": "a", "key": "${BOARD_KEY}"}]},
            "two keys have the name",
        ),
        (
            {"keys": [{"name": "a", "key": "${STAFF_KEY}"}, {"name": "b", "key": "${STAFF_KEY}"}]},
            "the same key",
        ),
        ({"keys": [{"name": "a", "key": "${STAFF_KEY}", "profile": "nobody"}]}, "nobody"),
        ({"host": "0.0.0.0"}, "serve.keys"),
        ({"host": "no.such.host.invalid"}, "no.such.host.invalid"),
        ({"rate_per_minute": -1}, "rate_per_minute"),
    ],
)
def test_settings_that_would_not_protect_are_refused(project, monkeypatch, serve, says) -> None:
    for name, key in {**KEYS, "SHORT_KEY": "short"}.items():
        monkeypatch.setenv(name, key)
    shown = run_command("-c", str(change(project, serve=serve)), "serve", "--port=0")
    assert shown.code == 2, shown.errors
    assert says in shown.errors
    assert not [key for key in KEYS.values() if key in shown.errors]


def test_a_host_of_the_command_line_is_checked_too(project) -> None:
    shown = run_command("-c", str(project), "serve", "--port=0", "--host=0.0.0.0")
    assert shown.code == 2
    assert "serve.keys" in shown.errors
