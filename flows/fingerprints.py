"""What every stage is set to, as fingerprints: a document goes back to the first stage whose fingerprint has changed."""

from importlib.metadata import version

from embedders.fingerprint import ModelCard
from parsers.chunker import chunk_fingerprint
from parsers.legacy_office import find_program
from schemas.ids import fingerprint
from schemas.records import Fingerprints
from schemas.settings import Settings

_CHECK = 1  # raise with each change to validators.rows or schemas.frames that lets other rows through


def fingerprints(settings: Settings, card: ModelCard) -> Fingerprints:
    """Of these settings, with the libraries and programs of this machine."""
    contracts = settings.contracts.model_dump(include={"documents", "chunks"})
    parsing = settings.parsing.model_dump(exclude={"workers"})
    return Fingerprints(
        chunk=chunk_fingerprint(settings.chunking, card.tokenizer),
        embedding=card.fingerprint,
        check=fingerprint({"version": _CHECK, "contracts": contracts, "language": version("py3langid")}),
        limits=fingerprint({"parsing": parsing, "libreoffice": find_program() is not None}),
        fetch={source.name: fingerprint(source.model_dump()) for source in settings.sources},
    )
