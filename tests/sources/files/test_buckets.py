"""Sources in buckets: a flat listing that is whole or incomplete, and objects of one state."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.object_store import ACCESS_KEY, SECRET_KEY, ObjectStore
from tests.store_proxy import Faults, store_proxy
from vouch.schemas.documents.records import Listing, Reason
from vouch.schemas.errors import DocumentRejected, SourceRefused
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.table_source import TableSource
from vouch.sources.base import Source
from vouch.sources.registry import check_source, open_source
from vouch.storage.places import location_of

FOLDERS, FILES = 500, 5


def put(store: ObjectStore, bucket: str, names: list[str], content: bytes = b"text") -> None:
    location = location_of(bucket, store.options)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda name: (location / name).write_bytes(content), names))


def open_bucket(options: dict[str, str], path: str, **settings) -> Source:
    return open_source(
        FilesSource(name="docs", path=path, storage_options=options, **settings), Path("/")
    )


def uris(listing: Listing) -> list[str]:
    return [item.uri for item in listing.items]


def rules(listing: Listing) -> dict[str, str]:
    return {filtered.item.uri: filtered.rule for filtered in listing.filtered}


@pytest.fixture(scope="module")
def large(store: ObjectStore) -> str:
    """A bucket with 2,500 objects in 500 folders."""
    bucket = store.bucket()
    put(store, bucket, [f"docs/{n:03}/{m}.md" for n in range(FOLDERS) for m in range(FILES)])
    return bucket


def test_a_listing_asks_once_for_each_thousand_objects(store: ObjectStore, large: str):
    with store_proxy(store.endpoint) as proxy:
        source = open_bucket(store.options_by(proxy.endpoint), f"{large}/docs")
        listing = source.list()
        operations = [request.operation for request in proxy.requests]
        assert listing.complete
        assert len(set(uris(listing))) == FOLDERS * FILES
        assert operations == ["HEAD", "LIST", "LIST", "LIST"]
        source.fetch("499/4.md")
        assert [request.operation for request in proxy.requests[4:]] == ["GET"]


class Breaking(BaseHTTPRequestHandler):
    """Forwards requests; the answer to a listing's second page is broken."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    fault = ""
    ended = threading.Event()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.fault == "silence" and "continuation-token" in self.path:
            self.ended.wait()
        if self.ended.is_set():  # the library asks again in its own threads
            self.close_connection = True
            return
        address = urlsplit(self.upstream).netloc
        with closing(HTTPConnection(address, timeout=30)) as connection:
            connection.request(self.command, self.path, headers=dict(self.headers))
            answer = connection.getresponse()
            body = answer.read()
        length = answer.headers["Content-Length"] if self.command == "HEAD" else len(body)
        status = answer.status
        if "continuation-token" in self.path:
            if self.fault == "503":
                status, body = 503, b"<Error><Code>SlowDown</Code></Error>"
                length = len(body)
            elif self.fault == "half of a page":
                body = body[: len(body) // 2]
                length = len(body)
            elif self.fault == "a cut":
                body = body[: len(body) // 2]
            elif self.fault == "403":
                status, body = 403, b"<Error><Code>AccessDenied</Code></Error>"
                length = len(body)
        self.send_response(status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.fault == "a cut"

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def breaking(store: ObjectStore, fault: str) -> Iterator[str]:
    ended = threading.Event()
    handler = type(
        "Handler", (Breaking,), {"upstream": store.endpoint, "fault": fault, "ended": ended}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("fault", ["503", "half of a page", "a cut", "silence", "403"])
def test_a_listing_that_fails_half_way_is_incomplete(store: ObjectStore, large: str, fault: str):
    with breaking(store, fault) as endpoint:
        source = open_bucket(store.options_by(endpoint), f"{large}/docs", fetch_timeout_s=2)
        listing = source.list()
    assert not listing.complete
    assert len(listing.items) == 1000
    (problem,) = listing.problems
    assert problem.startswith("the listing was ended: ")
    assert SECRET_KEY not in problem


def test_a_listing_whose_time_is_over_is_incomplete(store: ObjectStore, large: str):
    with breaking(store, "silence") as endpoint:
        options = store.options_by(endpoint)
        listing = open_bucket(options, f"{large}/docs", list_timeout_s=1).list()
    assert not listing.complete
    assert "list_timeout_s" in listing.problems[0]


def test_answers_of_503_that_end_are_waited_for(store: ObjectStore, large: str):
    with store_proxy(store.endpoint) as proxy:
        proxy.faults = Faults(seed=3, unavailable=0.5)
        # Which of the few requests fails depends on the bucket's name, which is new each time.
        while "503" not in {request.fault for request in proxy.requests}:
            listing = open_bucket(store.options_by(proxy.endpoint), f"{large}/docs").list()
            assert listing.complete
            assert len(listing.items) == FOLDERS * FILES


def test_names_patterns_and_rules_are_those_of_a_folder(store: ObjectStore, tmp_path: Path):
    names = [
        "a.md", "b.txt", "deep/er/c.md", ".hidden", ".git/config", ".git/objects/1", "drafts/d.md",
        "100% sure#1?.md", "é ü.md", "x/%2F/y.md", "a b+c~*.md", "big.bin", "empty.md",
        "mail#attachment/1/a.md", "deep/.x/y/z.md",
    ]  # fmt: skip
    bucket = store.bucket()
    for name in names:
        content = b"" if name == "empty.md" else b"x" * (2000 if name == "big.bin" else 4)
        put(store, bucket, [f"root/{name}"], content)
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for settings in (
        {},
        {"hidden": True},
        {"include": ("*.md",)},
        {"exclude": ("drafts/", "*.txt")},
        {"max_file_mb": 0.001},
    ):
        there = open_bucket(store.options, f"{bucket}/root", **settings).list()
        here = open_source(FilesSource(name="docs", path=".", **settings), tmp_path).list()
        assert there.complete
        assert sorted(uris(there)) == sorted(uris(here))
        assert rules(there) == rules(here)
    source = open_bucket(store.options, f"{bucket}/root/")
    assert all(source.fetch(uri).data for uri in uris(source.list()) if uri != "empty.md")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ["docs/a.md", "docs/deep/b.md"]),
        ("/docs/deep", ["b.md"]),
        ("/docs/a.md", ["a.md"]),
        ("/docs/**/*.md", ["a.md", "deep/b.md"]),
        ("/*/deep/*.md", ["docs/deep/b.md"]),
    ],
)
def test_a_path_is_a_bucket_a_folder_an_object_or_a_pattern(
    store: ObjectStore, path: str, expected: list[str]
):
    bucket = store.bucket()
    put(store, bucket, ["docs/a.md", "docs/deep/b.md"])
    source = open_bucket(store.options, bucket + path)
    assert uris(source.list()) == expected
    assert source.fetch(expected[0]).data == b"text"


def test_an_object_that_marks_a_folder_is_no_document(store: ObjectStore):
    bucket = store.bucket()
    put(store, bucket, ["v1.2/a.md"])
    # As consoles and file systems over a bucket make them.
    put(store, bucket, ["empty-folder"], b"")
    assert uris(open_bucket(store.options, bucket).list()) == ["v1.2/a.md"]


@pytest.mark.parametrize("place", ["s3://no-such-bucket-here/docs", "{bucket}/no-such-folder"])
def test_a_place_without_anything_is_refused(store: ObjectStore, place: str):
    settings = FilesSource(
        name="docs", path=place.format(bucket=store.bucket()), storage_options=store.options
    )
    with pytest.raises(SourceRefused, match=r"there is no folder|bucket does not exist"):
        check_source(settings, Path("/"))
    try:
        assert not open_source(settings, Path("/")).list().complete
    except SourceRefused as error:
        assert "there is no folder" in str(error)


def test_wrong_keys_and_unknown_options_are_refused_without_secrets(store: ObjectStore):
    bucket = store.bucket()
    wrong = store.options | {"secret_access_key": "quite-wrong-secret"}
    with pytest.raises(SourceRefused, match="give its user the right to it") as raised:
        check_source(FilesSource(name="docs", path=bucket, storage_options=wrong), Path("/"))
    assert "quite-wrong-secret" not in str(raised.value)
    odd = store.options | {"endpont": "x"}
    with pytest.raises(SourceRefused, match="endpont"):
        check_source(FilesSource(name="docs", path=bucket, storage_options=odd), Path("/"))


def test_options_of_s3fs_are_understood(store: ObjectStore, monkeypatch):
    monkeypatch.setenv("S3_SECRET", SECRET_KEY)
    bucket = store.bucket()
    put(store, bucket, ["a.md"])
    options = {
        "key": ACCESS_KEY,
        "secret": "${S3_SECRET}",
        "endpoint_url": store.endpoint,
        "use_ssl": False,
        "default_block_size": 5_000_000,
        "requester_pays": True,
    }
    source = open_bucket(options, bucket)
    assert uris(source.list()) == ["a.md"]
    assert source.fetch("a.md").data == b"text"


def test_what_is_read_is_of_one_state_with_its_version(store: ObjectStore):
    bucket = store.bucket()
    store.keep_versions(bucket)
    put(store, bucket, ["a.md"], b"one")
    source = open_bucket(store.options, bucket)
    (listed,) = source.list().items
    put(store, bucket, ["a.md"], b"two, longer")
    fetched = source.fetch("a.md")
    (again,) = source.list().items
    assert fetched.data == b"two, longer"
    assert fetched.etag == again.etag != listed.etag
    assert fetched.modified == again.modified
    assert fetched.version
    put(store, bucket, ["a.md"], b"two, longer")
    assert source.fetch("a.md").version != fetched.version


def test_an_object_that_is_gone_or_too_large_is_refused(store: ObjectStore):
    bucket = store.bucket()
    put(store, bucket, ["a.md"], b"x" * 5_000_000)
    source = open_bucket(store.options, bucket, max_file_mb=1)
    with pytest.raises(DocumentRejected) as raised:
        source.fetch("a.md")
    assert raised.value.reason is Reason.TOO_LARGE
    with pytest.raises(SourceRefused, match=r"gone\.md of source docs cannot be read: there is no"):
        source.fetch("gone.md")


def test_tables_in_a_bucket_are_read(store: ObjectStore):
    bucket = store.bucket()
    location = location_of(bucket, store.options)
    (location / "t/a.csv").write_bytes(b"id,text\n1,one\n2,two\n")
    parquet = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": [3], "text": ["three"]}), parquet)
    (location / "t/b.parquet").write_bytes(parquet.getvalue().to_pybytes())
    settings = TableSource(
        name="rows", path=f"{bucket}/t", key=("id",), text="{{ text }}",
        storage_options=store.options,
    )  # fmt: skip
    check_source(settings, Path("/"))
    table = open_source(settings, Path("/"))
    listing = table.list()
    assert listing.complete
    texts = [json.loads(table.fetch(item.uri).data)["text"] for item in listing.items]
    assert sorted(texts) == ["one", "three", "two"]
