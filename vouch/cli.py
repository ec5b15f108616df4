"""`vouch`: the commands, the options that they share, and the exit codes."""

import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from vouch.commands import (
    approval,
    cluster,
    compare,
    explain,
    fields,
    golden,
    health,
    history,
    ingest,
    init,
    lineage,
    mcp,
    model,
    monitoring,
    moving,
    quarantine,
    reprocess,
    runs,
    search,
    serve,
    shadow,
)
from vouch.console import Output, open_standard_streams
from vouch.error_output import TRACEBACK, report_error, unexpected, usage_message
from vouch.help_pages import Commands, CommandsWithExitCodes
from vouch.index.store.lancedb_import import defer_rest_client
from vouch.interruption import interruptible
from vouch.native_output import discard_native_output
from vouch.schemas.errors import VouchError
from vouch.schemas.process.offline import go_offline
from vouch.schemas.process.storage_errors import storage_problem
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
    9: "the run would exceed run.max_documents, run.max_tokens or the budget",
    10: "the run was rejected and published nothing",
    11: "a rollback blocks publishing until `vouch release`",
    12: "a folder or bucket is full, or cannot be read or written",
    13: "the cluster cannot be reached, or its workers are not fit",
    130: "interrupted by Ctrl-C; 129 by a closed terminal, 143 by `kill`",
}
INTERRUPTED = 130
_JSON = "--json"
_PURPOSE = "Turn a changing body of documents into a search index that vouches for every chunk."
CommandsWithExitCodes.exit_codes = EXIT_CODES

app = typer.Typer(
    name="vouch",
    cls=CommandsWithExitCodes,
    help=_PURPOSE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


def _print_version(is_given: bool) -> None:
    if is_given:
        from importlib.metadata import version

        print(f"vouch {version('vouch-pipeline')}")
        raise typer.Exit


@app.callback(help=_PURPOSE)
def options(
    context: typer.Context,
    config: Annotated[Path, typer.Option("--config", "-c", help="The settings file.")] = Path(
        "vouch.yaml"
    ),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    json: Annotated[
        bool,
        typer.Option(
            _JSON,
            help="Print the result, or the error, as JSON on standard output. It may come "
            "anywhere.",
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
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
app.command()(shadow.switch)
app.command()(search.search)
app.command()(search.evaluate)
app.command()(fields.fields)
app.command()(compare.compare)
app.command()(serve.serve)
app.command()(mcp.mcp)
app.command()(lineage.trace)
app.command()(lineage.impact)
app.command()(lineage.lineage)
app.command()(monitoring.metrics)
app.command()(monitoring.alert)
app.command()(monitoring.canary)
app.command()(runs.runs)
app.command()(runs.show)
app.command()(explain.explain)
app.command()(runs.report)
app.command()(approval.approve)
app.command()(approval.approvals)
app.command()(history.diff)
app.command()(history.rollback)
app.command()(history.release)
app.command()(history.undelete)
app.command()(health.doctor)
app.command()(health.maintain)
app.command()(moving.copy_index)
app.command()(cluster.scheduler)
app.command()(cluster.worker)
for group in (golden.app, model.app, quarantine.app, shadow.app):
    app.add_typer(group, cls=Commands)


def main() -> None:
    """Run a command; print an error as one sentence, and exit with its code."""
    # Most of a short command is imports, which create objects and hardly any garbage: with the
    # default thresholds, collecting takes a fifth of the time.
    gc.set_threshold(50_000, 20, 20)
    open_standard_streams()
    if not os.environ.get(TRACEBACK):
        discard_native_output()
    go_offline()
    defer_rest_client()
    use_prefect_secrets()
    arguments, as_json = _without_json(sys.argv[1:])
    with interruptible(as_json=as_json) as interruption:
        code = _run([_JSON, *arguments] if as_json else arguments, as_json)
        if interruption.signal is not None and code != 0:
            # Whatever error it ended with comes from its being interrupted.
            interruption.end_process()
    sys.exit(code)


def _without_json(arguments: Sequence[str]) -> tuple[list[str], bool]:
    """Return the arguments without `--json`, which may come anywhere, and whether it is there."""
    border = arguments.index("--") if "--" in arguments else len(arguments)
    options = [argument for argument in arguments[:border] if argument != _JSON]
    return [*options, *arguments[border:]], len(options) < border


def _run(arguments: Sequence[str], as_json: bool) -> int:
    """Run the command that the arguments name, and return the exit code."""
    report = partial(report_error, as_json=as_json)
    try:
        # The exit code where the command ends by one, and nothing where it simply ends.
        code = app(arguments, standalone_mode=False) or 0
    except SystemExit as exit:
        code = exit.code if isinstance(exit.code, int) else int(exit.code is not None)
    except TyperException as error:
        code = error.exit_code
        _report_usage(error, as_json)
    except VouchError as error:
        code = error.exit_code
        report(str(error), code)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - nobody should have to read a traceback
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        if _flush():
            report(storage_problem(error) or unexpected(error), 1)
        return 1
    return code if _flush() else code or 1


def _report_usage(error: TyperException, as_json: bool) -> None:
    """Print what is wrong with the arguments; without a command, the help page."""
    message, usage = usage_message(error)
    if as_json:
        report_error(message, error.exit_code, as_json=True)
    elif error.message.startswith("Usage:"):
        print(error.message, file=sys.stderr)
    else:
        print(usage, end="", file=sys.stderr)
        report_error(message, error.exit_code, as_json=False)


def _flush() -> bool:
    """Write what is still to be printed; where nobody can get it, say so and return False."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # The interpreter would try again at its end, and print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:  # `vouch runs | head -1`: whoever reads has enough
            message = f"the output cannot be written: {error.strerror}; send it somewhere else"
            report_error(message, 1, as_json=False)
        return False
    return True
