"""`vouch trace` and `vouch impact`."""

from typing import Annotated

import typer
from rich.markup import escape

from vouch.console import Output
from vouch.schemas.errors import IndexError_

_MARKS = {True: "[green]proved[/]", False: "[red]broken[/]", None: "[yellow]open[/]  "}


def trace(
    context: typer.Context,
    chunk: Annotated[str, typer.Argument(help="The chunk's id, or a beginning of it.")],
) -> None:
    """Follow a chunk back to its file, parser, model and run, and prove each step. Exit code 5 where one is broken."""
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.trace import trace_chunk

    output: Output = context.obj
    found = trace_chunk(read_settings(output.config), chunk)
    if not output.result(found):
        row, document = found.chunk, found.lineage[-1]
        output.say(f"[bold]chunk[/] {row['chunk_id']}")
        pages = (
            f", pages {row['page_start']}–{row['page_end']}"
            if row["page_start"] is not None
            else ""
        )
        output.say(
            f"  characters [{row['char_start']}:{row['char_end']}]{pages}, {row['token_count']} tokens"
        )
        output.say(f"  headings   {escape(' › '.join(row['heading_path']) or '(none)')}")
        output.say(
            f"  model      generation {row['embedding_fingerprint']}, chunking {row['chunk_fingerprint']}"
        )
        for step in found.lineage:
            output.say(
                f"[bold]document[/] {escape(step['uri'])} [dim]of source {step['source']}[/]"
            )
            output.say(
                f"  read as {step['media_type']} by {step['parser']} ({step['parse_fingerprint']})"
            )
            output.say(
                f"  file sha256 {step['content_sha256']}, modified {step['source_modified_at']}"
            )
        output.say(
            f"[bold]run[/] {found.run.run_id}, {found.run.started_at:%Y-%m-%d %H:%M}, code {found.run.code_version}"
        )
        output.say(
            f"[bold]proofs[/] [dim]{document['char_count']:,} characters of canonical text[/]"
        )
        for proof in found.proofs:
            output.say(f"  {_MARKS[proof.holds]} {proof.name}: {escape(proof.detail)}")
        output.say(f"\n{escape(row['text'])}")
    broken = [proof.name for proof in found.proofs if proof.holds is False]
    if broken:
        raise IndexError_(f"chunk {found.chunk['chunk_id']} is not proved: {', '.join(broken)}")


def impact(
    context: typer.Context,
    uri: Annotated[str, typer.Argument(help="The document's uri, as `vouch plan` shows it.")],
) -> None:
    """Show all that came of a document: its state, attachments, chunks, rejects and runs."""
    from vouch.index.lineage.impact import impact as find
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    found = find(Tables.open(read_settings(output.config).index_folder), uri)
    if output.result(found):
        return
    names = ("uri", "status", "reason", "media_type", "language", "chunk_count", "run_id")
    output.table("Documents", names, [[row[name] for name in names] for row in found.documents])
    chunks = [
        (
            row["chunk_id"][:12],
            f"[{row['char_start']}:{row['char_end']}]",
            row["page_start"],
            " › ".join(row["heading_path"]),
        )
        for row in found.chunks
    ]
    output.table(f"{len(chunks):,} chunks", ("chunk", "span", "page", "headings"), chunks)
    told = ("stage", "reason", "uri", "message", "attempts", "next_retry_at")
    if found.rejects:
        output.table("Rejects", told, [[row[name] for name in told] for row in found.rejects])
    output.say(f"Runs: {', '.join(found.runs)}")
