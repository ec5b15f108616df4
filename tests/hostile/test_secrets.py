"""Secrets of the settings stay in them: kinds of places, times everything that leaves a run."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pipeline.steps import run, tables
from vouch.console import Output
from vouch.index.store.tables import dicts
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.planning.dry_run import dry_run
from vouch.schemas.errors import SettingsError, VouchError
from vouch.schemas.process import environment
from vouch.schemas.process.environment import mask_secrets, mask_urls, secrets_of_url
from vouch.schemas.settings.yaml_reader import SettingsText
from vouch.storage import object_store

SECRET = "Hush/4:7+q&%<é>"  # what URLs, JSON and HTML write in another way
PLAIN = "Hush47qX"

FILES = "sources:\n  - {{name: docs, path: documents}}\n  - name: other\n    path: {}\n"
DATABASE = (
    "sources:\n  - {{name: docs, path: documents}}\n  - kind: table\n    name: other\n"
    "    url: {}\n    table: t\n    key: [id]\n    text: '{{{{ a }}}}'\n"
)
S3 = (
    "    storage_options:\n      key: {}\n      secret: {}\n"
    "      endpoint_url: http://127.0.0.1:9\n"
)

STORE = (
    "index: {{path: 's3://bucket/index'}}\nstorage:\n  options: {{access_key_id: {}, "
    "secret_access_key: {}, region: x, endpoint: 'http://127.0.0.1:9', allow_http: true}}\n"
)

PLACES = {
    "a login": FILES.format(f"ftp://bob:{PLAIN}@127.0.0.1:9/docs"),
    "a login with odd characters": FILES.format(f"'ftp://bob:p@s/{PLAIN}:x@127.0.0.1:9/docs'"),
    "a token for a user": FILES.format(f"http://{PLAIN}@127.0.0.1:9/docs"),
    "options of a URL": FILES.format(f"http://127.0.0.1:9/docs?token={PLAIN}&x=1"),
    "a chained URL": FILES.format(f"'zip://*::http://bob:{PLAIN}@127.0.0.1:9/a.zip'"),
    "an unknown file system": FILES.format(f"'nosuch://bob:{PLAIN}@host/docs'"),
    "a database": DATABASE.format(f"'postgresql+nodriver://bob:{PLAIN}@127.0.0.1:9/db'"),
    "a database's options": DATABASE.format(f"'sqlite:///none.db?password={PLAIN}'"),
    "a connection string": DATABASE.format(
        f"'mssql+pyodbc:///?odbc_connect=Driver%3DX%3BUID%3Dsa%3BPWD%3D{PLAIN}'"
    ),
    "a URL that cannot be read": DATABASE.format(f"'://bob:{PLAIN}@'"),
    "a variable": FILES.format("'ftp://bob@127.0.0.1:9/docs'")
    + "    storage_options: {password: '${VOUCH_TEST_SECRET}'}\n",
    "a variable in a database": DATABASE.format(
        "'postgresql+nodriver://bob:${VOUCH_TEST_SECRET}@127.0.0.1:9/db'"
    ),
    "storage options": FILES.format("s3://bucket/docs") + S3.format(PLAIN, PLAIN),
    "options of the index's store": FILES.format("documents") + STORE.format(PLAIN, PLAIN),
    "a variable in options of the index's store": FILES.format("documents")
    + STORE.format("'${VOUCH_TEST_SECRET}'", "'${VOUCH_TEST_SECRET}'"),
    "an unknown option of the index's store": FILES.format("documents")
    + STORE.format(f"{PLAIN}, secret_acces_key: {PLAIN}", PLAIN),
    "options of the index's store of the wrong type": FILES.format("documents")
    + f"storage: {{options: {PLAIN}}}\n",
    "a value of the wrong type": FILES.format(f"['ftp://bob:{PLAIN}@host/docs']"),
    "a URL of the wrong type": DATABASE.format(f"['x:{PLAIN}']"),
    "options of the wrong type": FILES.format("documents") + f"    storage_options: {PLAIN}\n",
    "an option of the wrong type": FILES.format("documents")
    + f"    storage_options: {{token: [{PLAIN}]}}\n",
    "a key that is there twice": FILES.format("documents")
    + f"lineage: {{token: {PLAIN}, token: {PLAIN}}}\n",
    "alerts of the wrong type": FILES.format("documents") + f"alerts: slack://{PLAIN}/b/c\n",
    "a token of the wrong type": FILES.format("documents") + f"lineage: {{token: [{PLAIN}]}}\n",
    "an unknown key": FILES.format("documents") + f"lineage: {{tokn: {PLAIN}}}\n",
    "an alert that does not arrive": FILES.format("none")
    + f"alerts: {{to: ['json://bob:{PLAIN}@127.0.0.1:9/x']}}\n",
    "lineage that does not arrive": FILES.format("none")
    + f"lineage: {{to: 'http://127.0.0.1:9/{PLAIN[:3]}?api_key={PLAIN}', token: {PLAIN}}}\n",
}


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no other test's secrets be masked here, and the reverse."""
    before = set(environment._filled_in)
    environment._filled_in.clear()
    monkeypatch.setenv("VOUCH_TEST_SECRET", PLAIN)
    monkeypatch.setattr(object_store, "RETRIES", 0)
    yield
    environment._filled_in.clear()
    environment._filled_in.update(before)


def attempt(work: Callable[[], object]) -> str:
    """Return all that an error shows, with its causes as Prefect logs them."""
    try:
        work()
    except VouchError as error:
        return "".join(traceback.format_exception(error))
    return ""


def written(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what a run wrote: its files, and the rows of tables that have messages."""
    for file in (folder / "data").rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes().decode("utf-8", "replace")
    if (folder / "data" / "index").is_dir():
        for name in ("runs", "quarantine", "documents"):
            table = getattr(tables(folder / "vouch.yaml"), name)
            yield name, json.dumps(dicts(table, "true"), default=str)


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_a_secret_is_in_nothing_that_leaves_a_run(
    tmp_path: Path, tiny_model: Path, caplog: pytest.LogCaptureFixture, text: str
):
    (tmp_path / "documents").mkdir()
    settings = tmp_path / "vouch.yaml"
    settings.write_text(
        f"{text}embedding: {{model: {tiny_model}}}\nparsing: {{workers: 1}}\n"
        "run: {max_attempts: 1}\n"
    )
    with caplog.at_level(logging.DEBUG, "vouch"):
        shown = [attempt(lambda: dry_run(read_settings(settings)))]
        shown.append(attempt(lambda: run(settings)))
    shown += [record.getMessage() for record in caplog.records if record.name == "vouch"]
    assert any(shown)
    for message in shown:
        # The lines of the traceback show this file, not the secret.
        assert PLAIN not in message, message
    for name, content in written(tmp_path):
        assert PLAIN not in content, name


@pytest.mark.parametrize(
    "text",
    [
        SECRET, f"the server said {SECRET!r}", json.dumps({"a": SECRET}),
        "https://host/Hush%2F4%3A7%2Bq%26%25%3C%C3%A9%3E/x", "q=Hush/4%3A7%2Bq%26%25%3C%C3%A9%3E",
        "<b>Hush/4:7+q&amp;%&lt;é&gt;</b>",
    ],
)  # fmt: skip
def test_a_secret_is_masked_however_it_is_written(text: str):
    environment.keep_secrets([SECRET])
    masked = mask_secrets(text)
    assert "Hush" not in masked
    assert "***" in masked


def test_a_terminal_and_json_show_no_secret(capsys: pytest.CaptureFixture[str]):
    environment.keep_secrets([SECRET])
    Output().print_line(f"it said {SECRET}")
    Output(as_json=True).print_json({"error": f"it said {SECRET}"})
    shown = capsys.readouterr()
    assert "Hush" not in shown.out + shown.err
    assert json.loads(shown.out.split("\n", 1)[1])["error"] == "it said ***"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("ftp://bob:pw@host", {"pw"}),
        ("ftp://bob:p%40w@host", {"p%40w", "p@w"}),
        ("ftp://bob:a@b:c@host/d", {"a@b:c"}),
        ("https://host/x?sig=abc&se=2026", {"abc"}),
        ("zip://a::https://u:pw@h/x?api_key=k", {"pw", "k"}),
        ("mssql+pyodbc:///?odbc_connect=UID%3Dsa%3BPWD%3Dpw", {"pw"}),
        ("s3://bucket/page-?.md", set()),
        ("documents/**/*.md", set()),
        ("s3://bucket/a:b@c", {"b"}),
    ],
)
def test_the_secrets_of_a_url(url: str, secrets: set[str]):
    assert secrets_of_url(url) == secrets


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://ghp_token@host/x", "https://***@host/x"),
        ("postgresql://h/db?password=x", "postgresql://h/db?***"),
        ("s3://bucket/page-?.md", "s3://bucket/page-?.md"),
        ("abfs://container@account.dfs.core.windows.net/a", None),
    ],
)
def test_a_url_for_display_has_no_secret(text: str, masked: str | None):
    assert mask_urls(text) == (masked or text)


def test_a_key_that_is_there_twice_is_named_without_its_values():
    with pytest.raises(SettingsError, match='line 1: this is not YAML: found duplicate key "a"$'):
        SettingsText("{a: Hush, a: Hash}")
