"""Files of what runs have spent on embedding, from which caps by day and month are counted.

    <work_path>/spending/<year>-<month>/<run id>/<writer>.json

Each process that embeds for a run has a file of its own, which nobody else writes: the run's own
process, and each worker of a cluster. So several of them need no lock, and what a process that was
killed has spent is not forgotten.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from pydantic import ValidationError

from vouch.schemas.errors import StorageError
from vouch.schemas.runs.cost import Requests, Spending, Spent
from vouch.schemas.runs.record import RunRecord
from vouch.storage.at_once import at_once
from vouch.storage.location import Location, StoredFile

_RESTORED = "record"  # the writer of what was taken from the record of a run
# A file may be written twice within the resolution of its time, and with the same size.
_SURELY_WRITTEN = timedelta(minutes=1)


class SpendingLedger:
    """The files below a work folder. Used from several threads."""

    def __init__(self, work: Location) -> None:
        """`work` is the place that `run.work_path` names."""
        self._place = work / "spending"
        # A month has thousands of files of runs that are over, which never change.
        self._known: dict[str, tuple[str, Spending]] = {}  # prose: allow

    def write(self, run_id: str, writer: str, day: date, spending: Spending) -> None:
        """Replace the writer's file of the month of this day by what it has spent in it."""
        month = _month(day)
        rows = tuple(row for row in spending.rows if _month(row.day) == month)
        part = spending.model_copy(update={"rows": rows})
        (self._place / month / run_id / f"{writer}.json").write_text(part.model_dump_json())

    def of_run(self, run_id: str) -> Spending:
        """Return what all writers of a run have spent, a row for each day and source."""
        months = self._place.folders()
        return merged(part for month in months for part in self._read(f"{month}/{run_id}"))

    def of_month(self, day: date) -> list[Spending]:
        """Return what each writer has spent in the month of this day."""
        return self._read(_month(day))

    def begin_month(self, day: date, records: Iterable[RunRecord]) -> None:
        """Write the files of this month that are missing, from the records of its runs, and remove
        those of the months before the last one.

        Whoever empties the work folder does not get the money back.
        """
        month, last_month = _month(day), _month(day.replace(day=1) - timedelta(days=1))
        for old in self._place.folders():
            if old < last_month:
                (self._place / old).delete()
        present = set((self._place / month).folders())
        for record in records:
            is_of_month = any(_month(row.day) == month for row in record.spending.rows)
            if is_of_month and record.run_id not in present:
                self.write(record.run_id, _RESTORED, day, record.spending)

    def has_month(self, day: date) -> bool:
        """Return whether there are files of the month of this day."""
        return _month(day) in self._place.folders()

    def _read(self, folder: str) -> list[Spending]:
        place = self._place / folder
        # Not what is being written just now, under a name of its own until it is complete.
        files = [file for file in place.files() if file.path.endswith(".json")]
        return at_once(lambda file: self._read_file(place / file.path, file), files)

    def _read_file(self, place: Location, file: StoredFile) -> Spending:
        version, spending = self._known.get(place.url, ("", Spending()))
        if version == file.version:
            return spending
        try:
            with suppress(FileNotFoundError):  # removed just now, as old
                spending = Spending.model_validate_json(place.read_bytes())
        except ValidationError:
            raise StorageError(
                f"{place} should say what a run has spent, and cannot be read; delete it, and what "
                "it counted is free to be spent again"
            ) from None
        if file.modified < datetime.now(UTC) - _SURELY_WRITTEN:
            self._known[place.url] = (file.version, spending)
        return spending


def merged(parts: Iterable[Spending]) -> Spending:
    """Return what several writers have spent for one run, each at its own price."""
    requests, currency, price = Requests(), "", None
    rows: dict[tuple[date, str], Spent] = {}
    for part in parts:
        requests += part.requests
        currency, price = part.currency, price or part.price_per_million_tokens
        for row in part.rows:
            before = rows.get((row.day, row.source))
            rows[row.day, row.source] = row if before is None else before + row
    return Spending(
        currency=currency,
        price_per_million_tokens=price,
        rows=tuple(row for _, row in sorted(rows.items(), key=lambda each: each[0]) if row.tokens),
        requests=requests,
    )


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
