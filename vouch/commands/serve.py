"""`vouch serve`."""

from typing import Annotated

import typer

from vouch.console import Output


def serve(
    context: typer.Context,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; by default serve.host. Beyond this machine it needs "
            "serve.keys."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port; 0 is any that is free. By default serve.port."),
    ] = None,
) -> None:
    """Answer searches over HTTP, from the newest published state.

    It reads the index only. /openapi.json describes what it takes and returns; it ends at Ctrl-C.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.service.server import serve as answer_requests
    from vouch.service.service import SearchService

    output: Output = context.obj
    service = SearchService(read_settings(output.config))
    settings = service.settings
    service.load()
    answer_requests(
        service,
        settings.host if host is None else host,
        settings.port if port is None else port,
        lambda url: output.print_line(f"ready: {url}"),
    )
