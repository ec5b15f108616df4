"""Shows how far a backfill is in Prefect's pages: one artifact for the whole of it, and a table
with a row for each window. Between windows a backfill that was paused there waits.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from prefect import get_run_logger
from prefect.artifacts import Artifact, ProgressArtifact, TableArtifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.runtime import flow_run

from vouch.pipeline.context.backfill_progress import BackfillProgress, WindowRow, duration
from vouch.pipeline.context.progress import Observer, observed_by, observer

_POLL_S = 5.0


class BackfillReporter:
    """An `Observer` that updates both artifacts, and passes everything on to another observer.

    An update that fails is skipped: the next one has all that it had.
    """

    def __init__(self, then: Observer) -> None:
        self._then = then
        self._ids: dict[str, Any] = {}

    def stage(self, name: str) -> None:
        self._then.stage(name)

    def expect(self, unit: str, count: int) -> None:
        self._then.expect(unit, count)

    def done(self, unit: str, count: int) -> None:
        self._then.done(unit, count)

    def backfill(self, progress: BackfillProgress) -> None:
        self._then.backfill(progress)
        percent, text = round(100 * progress.share, 1), str(progress)
        table = [_cells(row) for row in progress.windows]
        with suppress(Exception):
            self._show(
                ProgressArtifact(progress=percent, key="vouch-backfill", description=text), percent
            )
            self._show(
                TableArtifact(table=table, key="vouch-backfill-windows", description=text),
                json.dumps(table),
            )
        _wait_while_paused()

    def _show(self, artifact: Artifact, data: float | str) -> None:
        """Create the artifact, or update the one that this backfill has created before."""
        key = str(artifact.key)
        if key not in self._ids:
            created: Any = artifact.create()
            self._ids[key] = created.id
            return
        update = ArtifactUpdate(data=data, description=artifact.description)
        with get_client(sync_client=True) as client:
            client.update_artifact(self._ids[key], update)


def _cells(row: WindowRow) -> dict[str, Any]:
    return {
        "window": row.window,
        "state": str(row.state),
        "planned": row.planned,
        "documents": row.documents,
        "chunks": row.chunks,
        "tokens": row.tokens,
        "time": duration(row.seconds) if row.seconds else "",
        "verdict": row.verdict.replace("_", " "),
        "run": row.run_id,
    }


def _wait_while_paused() -> None:
    """Wait while the flow run is paused. A suspended one is ended by Prefect at its next task."""
    is_said = False
    with get_client(sync_client=True) as client:
        while True:
            state = client.read_flow_run(flow_run.id).state
            if state is None or not state.is_paused() or state.name == "Suspended":
                return
            if not is_said:
                get_run_logger().info("paused before the next window, until it is resumed")
                is_said = True
            time.sleep(_POLL_S)


@contextmanager
def report_backfill() -> Iterator[None]:
    """Report the progress of a backfill within the block in artifacts of the current flow run."""
    with observed_by(BackfillReporter(observer())):
        yield
