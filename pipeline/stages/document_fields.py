"""The fields of a document as the index has them: what it declares, what its path says, and with
the types that the contract of its source names.
"""

from collections.abc import Sequence
from dataclasses import replace

from vouch.index.store.row_builders import declared_fields
from vouch.pipeline.stages.processed_document import ATTACHED, ProcessedDocument
from vouch.schemas.documents.value_types import converted
from vouch.schemas.documents.values import DeclaredField, texts
from vouch.schemas.settings.path_fields import fields_of_path
from vouch.schemas.settings.source_contract import FieldType, SourceContract
from vouch.schemas.settings.sources import SourceSettings
from vouch.schemas.settings.table_source import TableSource
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.sources.tables.row_collector import ROW_KEY


def with_fields(
    documents: Sequence[ProcessedDocument], settings: Settings
) -> list[ProcessedDocument]:
    """Return the documents with their fields, of those that are sound."""
    sources = {source.name: source for source in settings.sources}
    done = []
    for document in documents:
        source = sources.get(document.origin.source)
        if document.parsed is None or not document.is_sound:
            done.append(document)
            continue
        fields = declared_fields(document.parsed.document.metadata)
        if source is not None and source.path_fields:
            # What a document says of itself counts before the folder that it lies in.
            own = {field.key for field in fields}
            of_path = fields_of_path(source.path_fields, _path(document.origin.uri, source))
            fields += [field for field in of_path if field.key not in own]
        contract = source.contract if source is not None else SourceContract()
        done.append(replace(document, fields=tuple(_typed(field, contract) for field in fields)))
    return done


def _path(uri: str, source: SourceSettings) -> str:
    """Return the path of the file that a document is from: what is in it has its fields too."""
    file = uri.split(ATTACHED, 1)[0]
    return file.rpartition(ROW_KEY)[0] if isinstance(source, TableSource) else file


def _typed(field: DeclaredField, contract: SourceContract) -> DeclaredField:
    rule = contract.fields.get(field.key)
    kind: FieldType | None = rule.type if rule else None
    if kind is None:
        return field
    written = field.texts[0] if len(field.texts) == 1 else None
    value = converted(field.value, kind, written)
    if kind.is_list and not isinstance(field.value, tuple):
        return replace(field, value=value, texts=texts(value))
    return replace(field, value=value)
