"""Progress bars of a run: its stage, and for each unit the count, the rate and the time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from vouch.console import Output
from vouch.pipeline.context.backfill_progress import BackfillProgress
from vouch.pipeline.context.progress import observed_by
from vouch.progress_lines import progress_lines


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f}/s" if task.speed else "", style="dim")


class ProgressBars:
    """An `Observer` that draws a bar for each unit, such as documents."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stage = progress.add_task("starting", total=None)
        self._units: dict[str, TaskID] = {}
        self._backfill: TaskID | None = None

    def stage(self, name: str) -> None:
        self._progress.update(self._stage, description=name)

    def expect(self, unit: str, count: int) -> None:
        if unit not in self._units:
            self._units[unit] = self._progress.add_task(unit, total=0)
        task = self._progress.tasks[self._units[unit]]
        self._progress.update(task.id, total=(task.total or 0) + count)

    def done(self, unit: str, count: int) -> None:
        if unit in self._units:
            self._progress.advance(self._units[unit], count)

    def backfill(self, progress: BackfillProgress) -> None:
        """Draw a bar for the whole backfill, with its sums."""
        if self._backfill is None:
            self._backfill = self._progress.add_task("", total=1.0)
        self._progress.update(self._backfill, description=str(progress), completed=progress.share)


@contextmanager
def progress_bars(output: Output) -> Iterator[None]:
    """Show the progress of runs within the block: bars on a terminal, and lines elsewhere.

    With --quiet or --json nothing is shown.
    """
    if output.quiet or output.as_json:
        yield
        return
    if not output.errors.is_terminal:
        with progress_lines(lambda line: output.errors.print(line, markup=False, soft_wrap=True)):
            yield
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=output.errors, transient=True) as progress,
        observed_by(ProgressBars(progress)),
    ):
        yield
