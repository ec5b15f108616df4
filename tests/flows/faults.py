"""The borders between the stages of a run, and ways to end a run at one of them."""

import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

# In the order in which a run that publishes passes them: module, function.
BORDERS = (
    ("flows.begin", "recover"),
    ("flows.pipeline", "list_source"),
    ("flows.begin", "plan_documents"),
    ("flows.shard", "read_and_parse"),
    ("flows.shard", "checked_rows"),
    ("flows.shard", "embed"),
    ("index.staging", "_settle"),
    ("flows.pipeline", "stage_shard"),
    ("flows.conclude", "outcome"),
    ("flows.conclude", "judge"),
    ("flows.stages", "_note_generation"),
    ("index.publish", "_commit_chunks"),
    ("index.publish", "_commit_documents"),
    ("index.publish", "_commit_quarantine"),
    ("index.publish", "refresh_indexes"),
    ("index.publish", "tag_state"),
    ("index.publish", "retain"),
    ("flows.stages", "write_run_report"),
    ("flows.pipeline", "publish_artifacts"),
)


class Killed(BaseException):
    """A run ended as by kill -9, for tests within one process: nothing of it tidies up."""


def die() -> None:
    """The real thing."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed() -> None:
    raise Killed


def end_at(border: tuple[str, str], after: bool, end: Callable[[], None], patch: Callable[[Any, str, Any], None]) -> None:
    """Let a run end before or after it passes this border. `patch` is like `setattr`."""
    module = importlib.import_module(border[0])
    real = getattr(module, border[1])

    def ends(*arguments: Any, **options: Any) -> Any:
        if not after:
            end()
        result = real(*arguments, **options)
        end()
        return result

    patch(module, border[1], ends)
