"""References to secrets in settings: filled in from the environment or a secret store, and masked."""

import pytest

from vouch.schemas.errors import SettingsError
from vouch.schemas.process import environment
from vouch.schemas.process.environment import interpolate, mask_secrets, mask_urls, use_secret_store


@pytest.fixture(autouse=True)
def no_store_and_nothing_filled_in(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment, "_lookup", environment._no_store)
    monkeypatch.setattr(environment, "_filled_in", set())


def test_a_variable_is_filled_in_and_masked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PART", "hush")
    monkeypatch.setenv("WHOLE", "hush-hush")
    assert interpolate("https://${PART}:${WHOLE}@host/$x/${PART}") == (
        "https://hush:hush-hush@host/$x/hush",
        {"hush", "hush-hush"},
    )
    assert mask_secrets("cannot reach hush-hush or hush") == "cannot reach *** or ***"


def test_a_secret_is_looked_up_by_name_and_masked():
    use_secret_store({"ops-mail": "s3cret"}.__getitem__)
    assert interpolate("mailto://${secret:ops-mail}") == ("mailto://s3cret", {"s3cret"})
    assert mask_secrets("mailto://s3cret") == "mailto://***"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${NOT_SET_HERE}", "the environment variable NOT_SET_HERE is not set"),
        ("${secret:x}", "no secret store is configured for the secret x"),
    ],
)
def test_a_reference_that_cannot_be_resolved_is_reported_by_name(text: str, message: str):
    with pytest.raises(SettingsError, match=message):
        interpolate(text)


def test_a_value_too_short_to_be_a_secret_is_not_masked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PART", "e")
    interpolate("${PART}")
    assert mask_secrets("the end") == "the end"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ftp://bob:pw@host:9/docs", "ftp://***@host:9/docs"),
        ("ftp://bob:p/w@x@host/docs refused", "ftp://***@host/docs refused"),
        ("zip://*::https://b:c@host/x.zip?token=t", "zip://*::https://***@host/x.zip?***"),
        ("az://box/a?sig=t", "az://box/a?***"),
        # Neither a login nor options.
        ("s3://bucket/a@b/*.md", "s3://bucket/a@b/*.md"),
        ("s3://bucket/page-?.md", "s3://bucket/page-?.md"),
        ("docs/what?.md", "docs/what?.md"),
    ],
)
def test_a_login_and_options_of_a_url_are_masked(text: str, masked: str):
    assert mask_urls(text) == masked
