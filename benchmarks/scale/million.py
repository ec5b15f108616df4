"""Memory and time of a run's stages over very many documents.

    python -m benchmarks.scale.million [--documents=N]… [--folder=FOLDER]

Makes an index of N documents and three times as many chunks (`benchmarks.scale.million_index`) and
measures, each in a process of its own: a run with nothing to do, the plan of a command, the doctor,
and a run with 1 % of the documents changed. Memory is the resident set (RSS) of the main process.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from vouch.pipeline.context.allocator_tuning import tune_allocators

_MEASURED = ("nothing", "plan", "doctor", "changed")
_SHARE = 100  # one document in so many changes


@dataclass(slots=True)
class Meter:
    """Processor seconds and MB at the peak of each stage, which may lie within another one."""

    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    _open: list[tuple[str, float, float, float]] = field(default_factory=list)
    _peaks: list[float] = field(default_factory=list)

    def begin(self, name: str) -> None:
        """Begin a stage."""
        self._note()
        self._open.append((name, time.process_time(), time.perf_counter(), _status("VmRSS")))
        self._peaks.append(0.0)

    def end(self, name: str) -> None:
        """End the stage, which is the one that began last."""
        self._note()
        started, processor, wall, before = self._open.pop()
        peak = self._peaks.pop()
        assert started == name
        stage = self.stages.setdefault(name, {"cpu_s": 0.0, "wall_s": 0.0, "before_mb": before})
        stage["cpu_s"] += time.process_time() - processor
        stage["wall_s"] += time.perf_counter() - wall
        stage["peak_mb"] = max(peak, stage.get("peak_mb", 0.0))

    def _note(self) -> None:
        peak = _status("VmHWM")
        self._peaks = [max(peak, earlier) for earlier in self._peaks]
        Path("/proc/self/clear_refs").write_text("5")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the block."""
        self.begin(name)
        yield
        self.end(name)


def _status(key: str) -> float:
    """Return a size of this process in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def measure(settings: Path, measured: str) -> dict[str, dict[str, float]]:
    """Do one of the things that are measured, in this process; return the stages."""
    from vouch.pipeline.context.settings_loader import read_settings

    meter = Meter()
    file = read_settings(settings)
    with meter.stage("all"):
        if measured in ("nothing", "changed"):
            _run(meter, settings)
        elif measured == "plan":
            from vouch.pipeline.planning.dry_run import dry_run
            from vouch.pipeline.planning.saved_plan import SavedPlan

            plan = dry_run(file).plan
            SavedPlan.of(plan, file.sha256).write(settings.parent / "plan.json")
        else:
            from vouch.pipeline.operations.doctor import diagnose

            diagnose(file)
    return meter.stages


def _run(meter: Meter, settings: Path) -> None:
    from vouch.pipeline.local_runner import run_locally
    from vouch.pipeline.run_kinds import ingest
    from vouch.schemas.boundary import Boundary, Side, install

    skipped = (Boundary.RECOVER, Boundary.WRITE_RUN)

    def hook(name: Boundary, side: Side) -> None:
        # Shards are processed in other threads.
        if threading.current_thread() is threading.main_thread() and name not in skipped:
            (meter.begin if side is Side.BEFORE else meter.end)(str(name))

    with install(hook), _gates_measured(meter):
        record = ingest(run_locally, settings)
    print(record.model_dump_json(), file=sys.stderr)
    meter.stages["record"] = {"kb": len(record.model_dump_json()) / 1000}
    if record.report:
        meter.stages["report"]["kb"] = Path(record.report).stat().st_size / 1000


@contextmanager
def _gates_measured(meter: Meter) -> Iterator[None]:
    from vouch.pipeline.audit import gates

    def measured(gate: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            with meter.stage(gate.__name__):
                return gate(*arguments)

        return call

    with mock.patch.object(gates, "GATES", tuple(map(measured, gates.GATES))):
        yield


def tables(counts: Sequence[int], folder: Path) -> Iterator[str]:
    """Yield a table for each number of documents."""
    from benchmarks.scale.million_index import change, make

    for count in counts:
        place = folder / str(count)
        settings = place / "vouch.yaml"
        if not settings.exists():
            make(place, count)
        lines = [
            f"### {count:,} documents",
            "",
            "| run | stage | processor s | wall s | MB before | MB at the peak |",
            "|---|---|---:|---:|---:|---:|",
        ]
        for measured in _MEASURED:
            if measured == "changed":
                change(settings, _SHARE)
            for name, stage in _in_process_of_its_own(settings, measured).items():
                if "cpu_s" in stage:
                    lines.append(
                        f"| {measured} | {name} | {stage['cpu_s']:.1f} | {stage['wall_s']:.1f} "
                        f"| {stage['before_mb']:,.0f} | {stage['peak_mb']:,.0f} |"
                    )
                if "kb" in stage:
                    lines.append(f"| {measured} | {name}: {stage['kb']:,.0f} kB | | | | |")
        yield "\n".join(lines)


def _in_process_of_its_own(settings: Path, measured: str) -> dict[str, dict[str, float]]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.scale.million",
        f"--measure={measured}",
        str(settings),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise RuntimeError(f"{measured} of {settings} failed: {done.stderr[-3000:]}")
    stages: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return stages


def main(arguments: Sequence[str]) -> None:
    """Print a table for each number of documents."""
    options = dict(argument[2:].split("=", 1) for argument in arguments if argument[:2] == "--")
    if "measure" in options:
        # As the command line does, before polars and pyarrow are imported.
        tune_allocators()
        stages = measure(Path(arguments[-1]), options["measure"])
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        stages["all"]["children_cpu_s"] = children.ru_utime + children.ru_stime
        print(json.dumps(stages))
        return
    counts = [int(argument.split("=")[1]) for argument in arguments if "--documents" in argument]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.get("folder", temporary))
        for table in tables(counts or (100_000, 1_000_000), folder):
            print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
