"""The borders between the stages of a run, and ways to end a run at one of them."""

import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

# In the order in which a run that publishes passes them: module, function.
BORDERS = (
    ("vouch.pipeline.lifecycle", "recover"),
    ("vouch.flows.tasks", "list_source"),
    ("vouch.pipeline.lifecycle", "plan_documents"),
    ("vouch.pipeline.stages.process_shard", "read_and_parse"),
    ("vouch.pipeline.stages.process_shard", "checked_rows"),
    ("vouch.pipeline.stages.process_shard", "embed"),
    ("vouch.index.store.staging", "_settle"),
    ("vouch.flows.tasks", "stage_shard"),
    ("vouch.pipeline.finalize", "outcome"),
    ("vouch.pipeline.finalize", "judge"),
    ("vouch.pipeline.audit.publication", "_note_generation"),
    ("vouch.index.publishing.publish", "_commit_chunks"),
    ("vouch.index.publishing.publish", "_commit_documents"),
    ("vouch.index.publishing.publish", "_commit_quarantine"),
    ("vouch.index.publishing.publish", "refresh_indexes"),
    ("vouch.index.publishing.publish", "tag_state"),
    ("vouch.index.publishing.publish", "retain"),
    ("vouch.pipeline.audit.publication", "write_run_report"),
    ("vouch.flows.tasks", "publish_artifacts"),
)


class Killed(BaseException):
    """A run ended as by kill -9, for tests within one process: nothing of it tidies up."""


def die() -> None:
    """The real thing."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed() -> None:
    raise Killed


def end_at(
    border: tuple[str, str],
    after: bool,
    end: Callable[[], None],
    patch: Callable[[Any, str, Any], None],
) -> None:
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
