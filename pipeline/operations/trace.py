"""Traces a chunk with the sources and parser limits of the settings."""

import re
import shlex
from dataclasses import replace

from vouch.index.lineage.trace import Row, Trace, trace
from vouch.index.store.tables import Tables
from vouch.parsers.engines import NO_CHOICE, Engines, engines_of
from vouch.pipeline.context.fingerprints import parse_conditions
from vouch.pipeline.context.index_model import index_model
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.dry_run import dry_run
from vouch.pipeline.planning.plan import WORK, Action
from vouch.schemas.documents.records import Attachment, Document
from vouch.schemas.errors import SourceRefused
from vouch.sources.registry import open_source
from vouch.validators.rows.redaction import redactor
from vouch.workers.sandbox import Sandbox


def trace_chunk(file: SettingsFile, chunk: str) -> Trace:
    """Follow a chunk back to its source's file, which is parsed again in a process of its own."""
    engines = {
        source.name: engines_of(file.settings.parsing, source) for source in file.settings.sources
    }
    sources = {source.name: open_source(source, file.folder) for source in file.settings.sources}
    tokenizer = index_model(file).tokenizer
    redact = redactor(file.settings.policy)
    parsing = file.settings.parsing.model_copy(update={"workers": 1})
    with Sandbox(parsing, file.settings.chunking, tokenizer, redact) as sandbox:
        # A source declares the media type of its items; of their attachments it declares nothing.
        media_types: dict[str, str | None] = {}
        chosen: Engines = NO_CHOICE

        def parse(data: bytes, name: str) -> Document:
            parsed = sandbox.result(sandbox.parse(data, name, media_types.get(name), chosen))
            attachments = tuple(
                Attachment(file.name, b"" if file.problem else file.read(), file.problem)
                for file in parsed.attached
            )
            return replace(parsed.document, attachments=attachments)

        def fetch(source: str, uri: str) -> bytes:
            if source not in sources:
                raise SourceRefused(f"the source {source} is no longer in the settings")
            nonlocal chosen
            media_types[uri], chosen = sources[source].media_type, engines[source]
            return sources[source].fetch(uri).data

        return trace(
            Tables.open(file.index_location),
            chunk,
            fetch,
            parse,
            parse_conditions(file.settings),
            lambda document: _cure(file, document),
        )


def _cure(file: SettingsFile, document: Row) -> str:
    """Return what brings the index up to date with a listed document whose file has changed."""
    source, uri = document["source"], document["uri"]
    plan = dry_run(file, Scope(sources=(source,))).plan
    planned = next((each for each in plan if each.document_id == document["document_id"]), None)
    again = (
        f"`vouch backfill --source {source} --path {shlex.quote(_pattern_of(uri))} "
        "--reprocess parse`"
    )
    if planned is None:
        return f"`vouch ingest` does not list it, as it is before the cursor of its table; {again}"
    if planned.action in (Action.REMOVED, Action.MISSING, Action.FILTERED):
        return f"`vouch ingest` takes it out of the index: {planned.why}"
    if planned.action in WORK and not planned.from_text:
        return "`vouch ingest` ingests the change"
    if planned.action is Action.WAITING:
        return f"it is {planned.why}; {again} reads it now"
    return (
        "`vouch ingest` does not notice, as its size and its time or etag are the same; "
        f"{again} reads it again, and `compare: content` of its source notices such changes"
    )


def _pattern_of(uri: str) -> str:
    """Return the pattern, as in .gitignore, that matches this uri."""
    return "/" + re.sub(r"([\\*?\[\] ])", r"\\\1", uri)
