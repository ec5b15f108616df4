"""`${secret:NAME}` in the settings: Secret blocks of a real Prefect server."""

import pytest
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL

from vouch.flows import flow_options  # noqa: F401 - it registers Prefect's blocks as secret store
from vouch.flows.prefect_secrets import secret_block
from vouch.schemas.errors import SettingsError
from vouch.schemas.process.environment import interpolate, mask_secrets


@pytest.fixture(autouse=True)
def _configured(prefect_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the session's server in the environment, as a worker does for its flow runs."""
    monkeypatch.setenv("PREFECT_API_URL", str(PREFECT_API_URL.value()))


def test_a_secret_block_is_filled_in_and_masked_in_what_is_written():
    Secret(value="hush-hush").save("vouch-test-hook")
    text, secrets = interpolate("https://hooks.here/${secret:vouch-test-hook}")
    assert (text, secrets) == ("https://hooks.here/hush-hush", {"hush-hush"})
    assert mask_secrets(text) == "https://hooks.here/***"


def test_a_secret_block_that_does_not_exist_is_named():
    message = "Prefect's server has no Secret block no-such-block; make it on its page Blocks"
    with pytest.raises(SettingsError, match=message):
        secret_block("no-such-block")
