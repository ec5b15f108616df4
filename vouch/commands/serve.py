"""`vouch serve`."""

import logging
import os
import sys
from typing import Annotated

import typer

from vouch.console import Output, harmless
from vouch.schemas.errors import SettingsError


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
    run: Annotated[
        str | None,
        typer.Option(help="Serve the state that this run published, if it is still kept."),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(
            help="Serve what this run would publish: one that was rejected or staged, or `latest`."
        ),
    ] = None,
) -> None:
    """Answer searches over HTTP, from the newest published state.

    It reads the index only. /openapi.json describes what it takes and returns; it ends at Ctrl-C.
    """
    # Before torch is imported: requests are embedded side by side. Threads of one request would
    # wait for one another, and cost twelve times the processor time where the cores are busy.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.service.server import listen
    from vouch.service.server import serve as answer_requests
    from vouch.service.service import SearchService, Serves

    output: Output = context.obj
    if run is not None and candidate is not None:
        raise SettingsError("--run and --candidate name two states; leave one of them out")
    serves = Serves()
    if run is not None:
        serves = Serves("run", run)
    if candidate is not None:
        serves = Serves("candidate", candidate)
    service = SearchService(read_settings(output.config), serves)
    settings = service.settings
    _log_to_standard_error(with_requests=not output.quiet)
    with listen(
        settings.host if host is None else host,
        settings.port if port is None else port,
        has_keys=service.callers.need_keys,
    ) as listening:
        service.load()
        try:
            answer_requests(
                service,
                listening,
                lambda url: output.print_line(f"ready: {url} (run {service.health().run_id})"),
            )
        finally:
            service.close()


class _Harmless(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return harmless(super().format(record))


def _log_to_standard_error(*, with_requests: bool) -> None:
    """Write what the service logs to standard error: a line of JSON for each request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Harmless("%(message)s"))
    log = logging.getLogger("vouch.service")
    log.addHandler(handler)
    log.setLevel(logging.INFO if with_requests else logging.WARNING)
    log.propagate = False
