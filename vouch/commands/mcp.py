"""`vouch mcp`."""

import os
from typing import Annotated

import typer

from vouch.console import Output
from vouch.schemas.errors import SettingsError


def mcp(
    context: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(help="The retrieval profile of all searches, which an agent cannot leave."),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value",
            metavar="NAME=VALUE",
            help="A value for a parameter of the profile's filters; can be repeated, also for a "
            "list of values of one name.",
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Ask the `vouch serve` at this address, instead of opening the index."),
    ] = None,
    key_env: Annotated[
        str,
        typer.Option(metavar="NAME", help="The environment variable with its API key."),
    ] = "VOUCH_KEY",
) -> None:
    """Offer the index to an agent as tools, by the Model Context Protocol on standard input.

    An agent's program starts it. The tools read only; what documents say is marked as untrusted.
    """
    try:
        from vouch.agents.server import create_server
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise SettingsError(
            'the SDK of the protocol is missing: install "vouch-pipeline[mcp]"'
        ) from error
    from vouch.agents.backends import LocalBackend, service_backend
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.schemas.search_profiles import read_values

    output: Output = context.obj
    values = read_values(value or ())
    backend = (
        LocalBackend(read_settings(output.config), profile, values)
        if url is None
        else service_backend(url, os.environ.get(key_env), profile, values)
    )
    create_server(backend).run("stdio")
