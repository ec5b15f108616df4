"""Ten runs at once on a Prefect server whose database is a real PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.flows.server import LIMIT_S, ROOT, Server, serving
from tests.pipeline.steps import configure, tables, texts, write
from tests.postgres import running_postgres
from vouch.index.store.run_log import list_runs
from vouch.schemas.runs.record import Status

RUNS = 10
ALL_AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from vouch.flows.ingest import ingest

with ThreadPoolExecutor(len(sys.argv)) as threads:
    runs = [threads.submit(ingest, config=settings) for settings in sys.argv[1:]]
for run in runs:
    run.result()
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with running_postgres() as url:
        yield url.replace("+psycopg", "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Server]:
    url = database.replace("postgresql:", "postgresql+asyncpg:")
    with serving(
        tmp_path_factory.mktemp("prefect"), PREFECT_API_DATABASE_CONNECTION_URL=url
    ) as server:
        yield server


@pytest.fixture
def projects(tmp_path: Path, tiny_model: Path) -> list[Path]:
    projects = []
    for number in range(RUNS):
        (tmp_path / str(number)).mkdir()
        settings = configure(tmp_path / str(number), tiny_model)
        write(settings, "note.md", f"# Note {number}\n\nOnly in project {number}.")
        projects.append(settings)
    return projects


def test_ten_runs_at_once(server: Server, database: str, projects: list[Path]):
    import psycopg

    command = [sys.executable, "-c", ALL_AT_ONCE, *map(str, projects)]
    done = subprocess.run(
        command, cwd=ROOT, env=server.environment, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stderr
    runs = server.client.post("/flow_runs/filter", json={}).raise_for_status().json()
    assert [run["state"]["type"] for run in runs] == ["COMPLETED"] * RUNS
    last_start, first_end = max(times(runs, "start_time")), min(times(runs, "end_time"))
    assert last_start < first_end, "they did not all run at one moment"
    for number, settings in enumerate(projects):
        assert texts(settings) == {"note.md": [f"Note {number}\n\nOnly in project {number}."]}
        assert [record.status for record in list_runs(tables(settings))] == [Status.PUBLISHED]
    with psycopg.connect(database) as connection:
        kept = connection.execute("select id::text, state_type::text from flow_run").fetchall()
    assert sorted(kept) == sorted((run["id"], "COMPLETED") for run in runs)
    assert not list(Path(server.environment["PREFECT_HOME"]).rglob("*.db*"))


def times(runs: list[dict], name: str) -> list[datetime]:
    return [datetime.fromisoformat(run[name]) for run in runs]
