"""What an answer is in this application."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Quotation:
    """A sentence of a document: `text` is the span `[start:end]` of its canonical text."""

    number: int
    text: str
    document_id: str
    start: int
    end: int
    citation: str


@dataclass(frozen=True)
class Answer:
    """Sentences that answer a question, each with the number of its source; of one run's state."""

    question: str
    run_id: str
    quotations: tuple[Quotation, ...]

    @property
    def text(self) -> str:
        """The answer with the numbers of its sources."""
        return " ".join(f"{each.text} [{each.number}]" for each in self.quotations)

    def as_dict(self) -> dict:
        """Return it for JSON."""
        return asdict(self) | {"text": self.text}
