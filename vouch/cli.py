"""`vouch`: the commands, the options that they share, and the exit codes."""

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from vouch.commands import (
    golden,
    health,
    history,
    ingest,
    init,
    lineage,
    monitoring,
    quarantine,
    reprocess,
    runs,
    search,
)
from vouch.console import Output, harmless
from vouch.index.store.lancedb_import import defer_rest_client
from vouch.schemas.errors import VouchError
from vouch.schemas.offline import go_offline
from vouch.secret_store import use_prefect_secrets

EXIT_CODES = {
    0: "success",
    1: "unexpected error",
    2: "the settings, or the options of the command, are wrong",
    3: "a source cannot be listed or read",
    4: "the embedding model cannot be loaded or used",
    5: "the index is missing, damaged or in use, or lacks what was named",
    6: "the run would remove more documents than index.max_delete_share",
    7: "the sums of the run do not close",
    8: "the saved plan is stale",
    9: "the run would exceed run.max_documents or run.max_tokens",
    10: "the run was rejected and published nothing",
    11: "a rollback blocks publishing until `vouch release`",
}
# \b keeps the help's formatter from joining the lines.
_EPILOG = "\b\nExit codes:\n" + "\n".join(
    f"  {code:>2}  {meaning}" for code, meaning in EXIT_CODES.items()
)
_PURPOSE = "Turn a changing body of documents into a search index that vouches for every chunk."

app = typer.Typer(
    name="vouch",
    help=_PURPOSE,
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(help=_PURPOSE)
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
    """Pass the options that all commands share to the command, as its context's object."""
    context.obj = Output(config, quiet, json)


app.command()(init.init)
app.command()(init.schema)
app.command()(ingest.plan)
app.command()(ingest.ingest)
app.command()(reprocess.backfill)
app.command()(reprocess.replay)
app.command()(reprocess.reindex)
app.command()(search.search)
app.command()(search.evaluate)
app.command()(lineage.trace)
app.command()(lineage.impact)
app.command()(lineage.lineage)
app.command()(monitoring.metrics)
app.command()(monitoring.alert)
app.command()(runs.runs)
app.command()(runs.show)
app.command()(runs.report)
app.command()(history.diff)
app.command()(history.rollback)
app.command()(history.release)
app.command()(history.undelete)
app.command()(health.doctor)
app.command()(health.maintain)
app.add_typer(golden.app)
app.add_typer(quarantine.app)


def main() -> None:
    """Run a command; print an error that Vouch raises on purpose, and exit with its code."""
    # Most of a short command is imports, which create objects and hardly any garbage: with the
    # default thresholds, collecting takes a fifth of the time.
    gc.set_threshold(50_000, 20, 20)
    go_offline()
    defer_rest_client()
    use_prefect_secrets()
    try:
        app()
    except VouchError as error:
        print(f"vouch: {harmless(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
