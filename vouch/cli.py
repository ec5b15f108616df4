"""`vouch`: the commands, the options that they share, and the exit codes."""

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from vouch.commands import (
    again,
    care,
    export,
    golden,
    history,
    ingest,
    lineage,
    quarantine,
    runs,
    search,
    setup,
)
from vouch.console import Output
from vouch.index.store.lancedb_import import defer_rest_client
from vouch.schemas.errors import VouchError
from vouch.schemas.offline import go_offline
from vouch.secret_store import use_prefect_secrets

EXIT_CODES = """
Exit codes: 0 done; 1 failed; 2 the settings or the command's options are wrong; 3 a source cannot be listed or read;
4 the embedding model cannot be used; 5 the index is missing, in use or has no such thing; 6 a mass delete was refused;
7 the sums of a run do not close; 8 a saved plan is stale; 9 the run would cost more than it may; 10 the run was rejected and
published nothing; 11 a rollback holds the index.
"""

app = typer.Typer(
    name="vouch",
    help="Turns a changing body of documents into a search index in which every chunk is vouched for.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings file.")] = Path(
        "vouch.yaml"
    ),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON on standard output.")
    ] = False,
) -> None:
    """Turns a changing body of documents into a search index in which every chunk is vouched for."""
    context.obj = Output(config, quiet, json)


app.command()(setup.init)
app.command()(setup.schema)
app.command()(ingest.plan)
app.command()(ingest.ingest)
app.command()(again.backfill)
app.command()(again.replay)
app.command()(again.reindex)
app.command()(search.search)
app.command()(search.evaluate)
app.command()(lineage.trace)
app.command()(lineage.impact)
app.command()(export.lineage)
app.command()(export.metrics)
app.command()(export.alert)
app.command()(runs.runs)
app.command()(runs.show)
app.command()(runs.report)
app.command()(history.diff)
app.command()(history.rollback)
app.command()(history.release)
app.command()(history.undelete)
app.command()(care.doctor)
app.command()(care.maintain)
app.add_typer(golden.app)
app.add_typer(quarantine.app)


def main() -> None:
    """Run a command; an error that Vouch raises on purpose is told in words, with its exit code."""
    # Most of a short command is imports, which make objects and no garbage: collecting would take a fifth of their time.
    gc.set_threshold(50_000, 20, 20)
    go_offline()
    defer_rest_client()
    use_prefect_secrets()
    try:
        app()
    except VouchError as error:
        print(f"vouch: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
