"""The form in which a person decides on a rejected run: what it shows, and what it refuses."""

from datetime import UTC, date, datetime

import pytest

from tests.reports.test_alerts import REJECT, check, run
from vouch.flows.decision_form import DecisionForm, form_for
from vouch.schemas.errors import SettingsError
from vouch.schemas.runs.record import Example, Status

HOSTILE = "<img src=x>`[a](javascript:b)`\n# c"


def test_the_form_shows_what_rejected_the_run_and_shows_documents_as_text():
    blocking = check("languages", REJECT).model_copy(
        update={"examples": (Example(uri=HOSTILE, message=HOSTILE),), "concerned": 9}
    )
    until = datetime(2026, 12, 1, 7, tzinfo=UTC)
    record = run(0, Status.REJECTED, blocking, check("formats"), waits_until=until)
    description = form_for(record, "http://reports/1.html", "there is no such day")._description
    assert description is not None
    lines = description.splitlines()
    assert lines[0] == "**Not done: there is no such day**"
    assert "[Its report](http://reports/1.html)" in description
    assert "undecided until 2026-12-01 07:00 UTC" in description
    assert "languages" in description
    assert "formats" not in description  # it only warns
    assert "and 8 more" in description
    # A document's name is code, its message escaped: neither begins a heading nor is a tag.
    assert [line for line in lines if line.startswith("#")] == [lines[2]]
    (example,) = [line for line in lines if "img" in line]
    name, _, message = example.partition(": ")
    assert name == "  - `` <img src=x>`[a](javascript:b)` # c ``"
    assert message.startswith("\\<img src=x\\>\\`\\[a\\]")


@pytest.mark.parametrize(
    ("until", "expected"),
    [("", None), ("2026-12-31", date(2026, 12, 31)), ("2026-02-31", "no day")],
)
def test_the_last_day_is_a_date_or_none(until: str, expected: date | str | None):
    form = DecisionForm(name="Ann", why="so", until=until)
    if isinstance(expected, str):
        with pytest.raises(SettingsError, match=expected):
            _ = form.last_day
    else:
        assert form.last_day == expected
