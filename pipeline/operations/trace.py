"""Traces a chunk with the sources and parser limits of the settings."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

from vouch.embedders.captions.captioner import name_of
from vouch.index.lineage.trace import Row, Trace, trace
from vouch.index.store.caption_cache import StoredCaptions
from vouch.index.store.tables import Tables, dicts, is_in
from vouch.parsers.common.captions import Caption
from vouch.parsers.engines import NO_CHOICE, Engines, engines_of
from vouch.pipeline.context.fingerprints import parse_conditions
from vouch.pipeline.context.index_model import index_model
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.dry_run import dry_run
from vouch.pipeline.planning.plan import WORK, Action
from vouch.pipeline.stages.captions import CAPTIONS, captions_of
from vouch.schemas.documents.records import Attachment, Document
from vouch.schemas.errors import SourceRefused
from vouch.schemas.settings.captions import CaptionSettings
from vouch.sources.registry import open_source
from vouch.validators.rows.redaction import redactor
from vouch.workers.attached_files import PictureFile
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
    tables, captions = Tables.open(file.index_location), file.settings.captions
    keeps = captions is not None
    with Sandbox(
        parsing, file.settings.chunking, tokenizer, redact, keeps_pictures=keeps
    ) as sandbox:
        # A source declares the media type of its items; of their attachments it declares nothing.
        media_types: dict[str, str | None] = {}
        chosen: Engines = NO_CHOICE

        def parse(data: bytes, name: str) -> Document:
            parsed = sandbox.result(sandbox.parse(data, name, media_types.get(name), chosen))
            if captions is not None and parsed.pictures and _is_captioned(tables, name):
                # Nothing is sent: what the service has said is kept.
                described = _kept_captions(file, captions, parsed.pictures)
                parsed = sandbox.result(sandbox.describe(parsed, described))
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
            tables,
            chunk,
            fetch,
            parse,
            parse_conditions(file.settings),
            lambda document: _cure(file, document),
        )


def _is_captioned(tables: Tables, uri: str) -> bool:
    """Return whether the text of a document has descriptions of figures."""
    rows = dicts(tables.documents, is_in("uri", [uri]))
    return any(entry["key"] == CAPTIONS for row in rows for entry in row["metadata"] or ())


def _kept_captions(
    file: SettingsFile, captions: CaptionSettings, pictures: Sequence[PictureFile]
) -> list[Caption]:
    """Return the descriptions of pictures that are kept, as runs put them into a document."""
    stored, described = StoredCaptions(file.work_location), pictures[: captions.max_pictures]
    words = [stored.get(name_of(picture.key, captions)) or "" for picture in described]
    return captions_of(described, words)


def _cure(file: SettingsFile, document: Row) -> str:
    """Return what brings the index up to date with a listed document whose file has changed."""
    source, uri = document["source"], document["uri"]
    plan = dry_run(file, Scope(sources=(source,))).plan
    planned = next((each for each in plan if each.document_id == document["document_id"]), None)
    again = (
        f"`vouch backfill --source {source} --path {shlex.quote(pattern_of(uri))} "
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


def pattern_of(uri: str) -> str:
    """Return the pattern, as in .gitignore, that matches this uri."""
    return "/" + re.sub(r"([\\*?\[\] ])", r"\\\1", uri)
