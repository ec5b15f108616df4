"""Has the figures of sound documents described by a service, and puts the descriptions into their
texts.

Nothing is sent of a document of which anything is rejected: by a contract, or by the policy.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from vouch.embedders.captions.captioner import ESTIMATED_TOKENS, caption_fingerprint
from vouch.parsers.common.captions import Caption
from vouch.pipeline.context.request_meter import ServiceMeter
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.stages.processed_document import ProcessedDocument
from vouch.schemas.documents.records import Stage
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.captions import CaptionSettings
from vouch.workers.attached_files import PictureFile
from vouch.workers.sandbox import Parsed

CAPTIONS = "captions"
"""The key of a document's metadata that says which model and prompt describe its figures."""


def describe_figures(
    workspace: Workspace,
    settings: CaptionSettings,
    documents: Sequence[ProcessedDocument],
    validated: Sequence[ProcessedDocument],
) -> list[ProcessedDocument]:
    """Return the documents, those with figures with descriptions in their texts.

    `validated` are the same documents once their rows are checked.
    """
    may_be_sent = {
        document.origin.document_id
        for document in validated
        if document.is_sound and document.origin.source not in settings.except_sources
    }
    described = [
        _described(workspace, settings, document)
        if document.origin.document_id in may_be_sent
        else document
        for document in documents
    ]
    for document in documents:
        for picture in document.parsed.pictures if document.parsed else ():
            picture.remove()
    return described


def _described(
    workspace: Workspace, settings: CaptionSettings, document: ProcessedDocument
) -> ProcessedDocument:
    parsed = document.parsed
    if parsed is None or not parsed.pictures:
        return document
    pictures = parsed.pictures[: settings.max_pictures]
    texts = [(f"{document.origin.source} (captions)", ESTIMATED_TOKENS)]

    def text_of(picture: PictureFile) -> str:
        meter = ServiceMeter(workspace.caption_tokens, texts)
        return workspace.captioner.describe(picture.key, picture.read(), meter)

    with (
        workspace.timer.measure("captions", len(pictures), "figures"),
        ThreadPoolExecutor(settings.service.parallel_requests) as threads,
    ):
        described = list(threads.map(text_of, pictures))
    captions = captions_of(pictures, described)
    if not captions:
        return document
    try:
        with_them = workspace.sandbox.result(workspace.sandbox.describe(parsed, captions))
    except DocumentRejected as rejected:
        return document.rejected(Stage.CHUNK, rejected.reason, rejected.message)
    return replace(document, parsed=_named(with_them, settings, len(captions)))


def captions_of(pictures: Sequence[PictureFile], texts: Sequence[str]) -> list[Caption]:
    """Return the descriptions with their places; pictures that were refused have none."""
    return [
        Caption(text, picture.after, picture.page, picture.heading_path)
        for picture, text in zip(pictures, texts, strict=True)
        if text
    ]


def _named(parsed: Parsed, settings: CaptionSettings, count: int) -> Parsed:
    """Say in the metadata which model and prompt the descriptions are of."""
    entry = (CAPTIONS, f"{count} by {settings.model}, {caption_fingerprint(settings)}")
    metadata = parsed.document.metadata
    metadata = replace(metadata, extra=(*metadata.extra, entry))
    return replace(parsed, document=replace(parsed.document, metadata=metadata))
