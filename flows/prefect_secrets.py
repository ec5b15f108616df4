"""`${secret:NAME}` in the settings: the Secret block NAME of Prefect's server."""

from functools import cache
from typing import Any

from vouch.flows.server_settings import is_server_configured
from vouch.schemas.errors import SettingsError


@cache
def secret_block(name: str) -> str:
    """Return the value of a Secret block; the server is asked once a process.

    Raises `SettingsError` where there is no such block or no server.
    """
    if not is_server_configured():
        raise SettingsError(
            f"the secret {name} is a block of Prefect's, and no server is configured: set "
            "PREFECT_API_URL, or take the secret from the environment as ${NAME}"
        )
    from prefect.blocks.system import Secret

    load: Any = Secret.load  # its overloads are not visible to type checkers
    try:
        return str(load(name, _sync=True).get())
    except ValueError as error:
        raise SettingsError(
            f"Prefect's server has no Secret block {name}; make it on its page Blocks"
        ) from error
