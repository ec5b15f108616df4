"""What all flows have in common: their names in the list of runs, and two shards at a time."""

from pathlib import Path
from typing import Any

from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.settings_file import read_settings


def _name_run() -> str:
    """`ingest sample · 2026-01-31 06:00`: what a person looks for in a list of runs."""
    asked = flow_run.parameters.get("sources")
    names = asked or [source.name for source in read_settings(Path(flow_run.parameters["config"])).settings.sources]
    return f"{flow_run.flow_name} {', '.join(names)} · {flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"


# While one shard is embedded the next is parsed; more at once would only hold more in memory.
POLICY: dict[str, Any] = {
    "flow_run_name": _name_run,
    "task_runner": ThreadPoolTaskRunner(max_workers=2),
    "persist_result": False,
}
