"""`${secret:NAME}` in the settings: the Secret block NAME of Prefect's server."""

from functools import cache
from typing import Any

from vouch.flows.server_bootstrap import has_server
from vouch.schemas.errors import SettingsError


@cache
def secret_block(name: str) -> str:
    """Its value, asked for once a process. Raises `SettingsError` where there is no such block, or nobody to ask."""
    if not has_server():
        raise SettingsError(
            f"the secret {name} is a block of Prefect's, and no server is named: set PREFECT_API_URL, "
            "or take it from the environment as ${NAME}"
        )
    from prefect.blocks.system import Secret

    load: Any = Secret.load  # its overloads are not told to type checkers
    try:
        return str(load(name, _sync=True).get())
    except ValueError as error:
        raise SettingsError(
            f"Prefect's server has no Secret block {name}; make it on its page Blocks"
        ) from error
