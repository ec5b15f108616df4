"""`trace` with the sources and the parser processes of the settings."""

from vouch.embedders.model_card import ModelCard
from vouch.index.lineage.trace import Trace, trace
from vouch.index.store.tables import Tables
from vouch.parsers.pdf.tesseract import ocr_fingerprint
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.errors import SourceRefused
from vouch.schemas.records import Document
from vouch.sources.registry import open_source
from vouch.validators.rows.redaction import redactor
from vouch.workers.sandbox import Sandbox


def trace_chunk(file: SettingsFile, chunk: str) -> Trace:
    """Follow a chunk back to its source's file; the file is parsed again in a process of its own."""
    sources = {source.name: open_source(source, file.folder) for source in file.settings.sources}
    tokenizer = ModelCard.find(file.settings.embedding, file.folder).tokenizer
    amend = redactor(file.settings.policy)
    one = file.settings.parsing.model_copy(update={"workers": 1})
    with Sandbox(one, file.settings.chunking, tokenizer, amend) as sandbox:
        told: dict[
            str, str | None
        ] = {}  # what a source says of an item; of what is attached to it, it says nothing

        def parse(data: bytes, name: str) -> Document:
            return sandbox.result(sandbox.parse(data, name, told.get(name))).document

        def read(source: str, uri: str) -> bytes:
            if source not in sources:
                raise SourceRefused(f"the settings hold no source {source} any more")
            told[uri] = sources[source].media_type
            return sources[source].fetch(uri)

        masks = amend.fingerprint if amend else ""
        return trace(
            Tables.open(file.index_folder), chunk, read, parse, masks, ocr_fingerprint(one)
        )
