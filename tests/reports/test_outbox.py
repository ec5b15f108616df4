"""Sending events, to a real server on a free port and to files."""

import json
import logging
from pathlib import Path

import pytest

from tests.receiver import receiver
from vouch.reports.outbox import Outbox, alert_sender, sender
from vouch.schemas.errors import SettingsError

MESSAGE = json.dumps({"title": "Vouch: a title", "body": "- one\n- two", "notify_type": "warning"})


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    filled = Outbox(tmp_path / "outbox")
    for n in range(3):
        filled.put(f"event-{n}", json.dumps({"n": n}))
    return filled


def waiting(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "outbox").iterdir() if file.name != ".lock")


def test_events_are_sent_in_order_and_removed(outbox: Outbox, tmp_path: Path):
    with receiver(200) as (url, seen):
        assert list(outbox.deliver(sender(url, "hush", tmp_path))) == []
        assert list(outbox.deliver(sender(url, "hush", tmp_path))) == []
    assert seen == [(f'{{"n": {n}}}', "Bearer hush") for n in range(3)]
    assert waiting(tmp_path) == []


@pytest.mark.parametrize("code", [301, 308, 408, 429, 500, 503])
def test_in_an_outage_events_wait_and_the_next_delivery_sends_them(
    code: int, outbox: Outbox, tmp_path: Path
):
    with receiver(201, code) as (url, seen):
        (problem,) = outbox.deliver(sender(url, None, tmp_path))
    assert "2 events wait in" in problem
    assert (len(seen), waiting(tmp_path)) == (1, ["event-1.json", "event-2.json"])
    (problem,) = outbox.deliver(sender(url, None, tmp_path))
    assert "2 events wait in" in problem
    with receiver(200) as (url, seen):
        assert list(outbox.deliver(sender(url, None, tmp_path))) == []
    assert [json.loads(body)["n"] for body, _ in seen] == [1, 2]


def test_a_refused_event_is_set_aside_and_delays_no_other(outbox: Outbox, tmp_path: Path):
    with receiver(200, 422, 200) as (url, seen):
        (problem,) = outbox.deliver(sender(url, None, tmp_path))
    assert "event-1.json was refused and is kept as event-1.refused: 422" in problem
    assert [json.loads(body)["n"] for body, _ in seen] == [0, 2]
    assert waiting(tmp_path) == ["event-1.refused"]


def test_each_event_is_a_line_of_a_file(outbox: Outbox, tmp_path: Path):
    assert list(outbox.deliver(sender("out/events.ndjson", None, tmp_path))) == []
    lines = (tmp_path / "out/events.ndjson").read_text("utf-8").splitlines()
    assert [json.loads(line)["n"] for line in lines] == [0, 1, 2]


def test_a_second_delivery_at_the_same_time_sends_nothing(outbox: Outbox, tmp_path: Path):
    seen: list[str] = []

    def send(event: str) -> None:
        seen.append(event)
        assert list(Outbox(tmp_path / "outbox").deliver(seen.append)) == []

    assert list(outbox.deliver(send)) == []
    assert len(seen) == 3


def test_an_alert_is_posted_unchanged_to_a_web_address():
    with receiver(200) as (url, seen):
        alert_sender(f"{url}?key=1")(MESSAGE)
    assert seen == [(MESSAGE, None)]


def test_an_alert_to_an_apprise_url_is_sent_by_apprise():
    with receiver(200, 500) as (url, seen):
        send = alert_sender(url.replace("http://", "json://"))
        send(MESSAGE)
        with pytest.raises(OSError, match="Failed to send JSON"):
            send(MESSAGE)
    posted = json.loads(seen[0][0])
    assert (posted["title"], posted["message"], posted["type"]) == (
        "Vouch: a title",
        "- one\n- two",
        "warning",
    )


def test_an_unknown_address_is_an_error_that_does_not_show_it(caplog: pytest.LogCaptureFixture):
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(SettingsError, match="neither an Apprise URL nor an address") as refused,
    ):
        alert_sender("hush://hush-hush")
    assert "hush" not in caplog.text + str(refused.value)
