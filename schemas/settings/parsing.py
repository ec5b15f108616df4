"""How documents are read: engines, worker processes, limits, OCR and figures."""

from typing import Annotated, Literal

from pydantic import Field

from vouch.schemas.settings.choices import Engine
from vouch.schemas.strict import Strict


class ParsingSettings(Strict):
    """Parsing runs in worker processes with limits, so that a bad file costs only itself."""

    engines: dict[str, Engine] = Field(
        default_factory=dict,
        description=(
            "Whose parser reads a media type, such as `application/rtf: unstructured`; `*` is "
            "every type that the engine reads. A change parses the documents concerned again"
        ),
    )
    workers: int = Field(default=2, ge=1, le=64, description="Number of worker processes")
    timeout_s: float = Field(
        default=120.0,
        gt=0,
        description=(
            "Limit of processor time for a document, and of four times as much by the clock; past "
            "either, it is quarantined and retried later. Linux and macOS; by the clock alone "
            "elsewhere"
        ),
    )
    memory_mb: int = Field(
        default=2048, ge=256, description="Memory limit of a worker; past it, it is quarantined"
    )
    # Attachments are documents themselves: without limits a small mail could contain millions.
    max_attachment_depth: int = Field(
        default=3,
        ge=0,
        description="How deep attachments may be nested; deeper ones are quarantined",
    )
    max_attachments: int = Field(
        default=50_000,
        ge=0,
        description=(
            "How many files may be attached to a listed document (mails in a mailbox, files in an "
            "archive), on all levels together; past it, the document is quarantined as a whole"
        ),
    )
    max_attached_mb: float = Field(
        default=512.0,
        gt=0,
        description="How many MB they may have together; past it, likewise",
    )
    max_attached_s: float = Field(
        default=3600.0,
        gt=0,
        description="How many seconds parsers may take for them together; past it, likewise",
    )
    ocr: Literal["auto", "off"] = Field(
        default="auto",
        description="auto: read scanned pages and images by tesseract where it is installed",
    )
    ocr_languages: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], ...] = Field(
        default=(),
        description=(
            "Tesseract's language names, such as eng or deu; empty: up to four of the installed "
            "ones, English first"
        ),
    )
    ocr_max_pages: int = Field(
        default=20,
        ge=1,
        description=(
            "Scanned pages that are read of one document; each takes some seconds of timeout_s"
        ),
    )
    figures: Literal["auto", "off"] = Field(
        default="auto",
        description=(
            "auto: read the text in figures of PDF, Word and PowerPoint by tesseract where it is "
            "installed and ocr is auto. A change parses the documents concerned again"
        ),
    )
    max_figures: int = Field(
        default=40,
        ge=1,
        description="Figures that are read of one document; each takes about a second",
    )
    garbled_text: Literal["flag", "quarantine", "ocr"] = Field(
        default="flag",
        description=(
            "What happens to pages of PDF whose fonts declare other characters than they show. "
            "flag: the run warns, and their chunks are flagged; quarantine: the document is; ocr: "
            "they are read like scanned pages, and flagged where they cannot be. A change parses "
            "the documents concerned again"
        ),
    )
