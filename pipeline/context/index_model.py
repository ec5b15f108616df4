"""The embedding model of the settings, read as for the vectors that are published."""

import json
import logging
from typing import TYPE_CHECKING

from vouch.embedders.model_card import ModelCard
from vouch.embedders.models import find_model
from vouch.index.search.index import Index
from vouch.index.store.generations import as_published
from vouch.index.store.tables import Tables, has_rows, missing_tables
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.schemas.settings.embedding import EmbeddingSettings

if TYPE_CHECKING:
    from vouch.embedders.local.reranker import Reranker

_log = logging.getLogger("vouch")
_MAX_SHOWN = 500  # characters of a prompt


def index_model(file: SettingsFile) -> ModelCard:
    """Find the model, and open the index only where the model's folder names prompts that 0.11.0
    did not use. Raises `EmbeddingError`.
    """
    card = find_model(file.settings.embedding, file.folder)
    location = file.index_location
    if card.former is None or (missing_tables(location) and not has_rows(location)):
        return card
    return model_in(Tables.open(location), card)


def open_index(file: SettingsFile) -> Index:
    """Open the published index, to search it with the service's address and key of the settings."""
    return Index(file.index_location, service_model(file))


def service_model(file: SettingsFile) -> ModelCard | None:
    """Return the model of the settings where a service runs it, else None."""
    embedding = file.settings.embedding
    return find_model(embedding, file.folder) if embedding.service else None


def reranker_of(file: SettingsFile, model: str) -> "Reranker":
    """Load a cross-encoder by the rules of the embedding model: its device, and whether it may be
    downloaded. A relative folder counts from that of the settings. Raises `EmbeddingError`.
    """
    # Imported here, because this imports torch, which takes seconds.
    from vouch.embedders.local.reranker import Reranker

    names = {"allow_download", "device", "precision"}
    own = {"model": model} | file.settings.embedding.model_dump(include=names)
    return Reranker.find(EmbeddingSettings.model_validate(own), file.folder)


def model_in(tables: Tables, card: ModelCard) -> ModelCard:
    """Return the model as an index knows it, and log where its folder's prompts are not used and
    the settings do not say that this is meant.
    """
    published = as_published(tables, card)
    given = card.settings.query_prefix, card.settings.document_prefix
    if published is not card and None in given:
        _log.warning(
            "the folder of %s names prompts, which Vouch up to 0.11.0 did not use: the index "
            "continues without them. To use them, set embedding.query_prefix to %s and "
            "embedding.document_prefix to %s, and run `vouch reindex`. To keep the index as it is "
            'and see this no more, set both to ""',
            card.name,
            _shown(card.query_prefix),
            _shown(card.document_prefix),
        )
    return published


def _shown(prefix: str) -> str:
    # As YAML takes it; letters that a terminal might obey are shown by their codes.
    return json.dumps(prefix) if len(prefix) <= _MAX_SHOWN else "the one of the folder"
