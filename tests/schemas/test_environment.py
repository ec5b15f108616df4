"""Secrets in settings: filled in from the environment or by their keeper, and hidden in what is said."""

import pytest

from vouch.schemas import environment
from vouch.schemas.environment import fill, hide, use_keeper
from vouch.schemas.errors import SettingsError


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment, "_keeper", environment._nobody)
    monkeypatch.setattr(environment, "_filled", set())


def test_it_is_filled_in_and_hidden(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PART", "hush")
    monkeypatch.setenv("WHOLE", "hush-hush")
    assert fill("https://${PART}:${WHOLE}@host/$x/${PART}") == (
        "https://hush:hush-hush@host/$x/hush",
        {"hush", "hush-hush"},
    )
    assert hide("cannot reach hush-hush or hush") == "cannot reach *** or ***"


def test_the_keeper_is_asked_by_name():
    use_keeper({"ops-mail": "s3cret"}.__getitem__)
    assert fill("mailto://${secret:ops-mail}") == ("mailto://s3cret", {"s3cret"})
    assert hide("mailto://s3cret") == "mailto://***"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NOT_SET_HERE}", "the environment variable NOT_SET_HERE is not set"),
        ("${secret:x}", "nobody keeps the secret x here"),
    ],
)
def test_what_cannot_be_filled_in_is_named(text: str, message: str):
    with pytest.raises(SettingsError, match=message):
        fill(text)


def test_what_is_too_short_to_be_a_secret_hides_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PART", "e")
    fill("${PART}")
    assert hide("the end") == "the end"
