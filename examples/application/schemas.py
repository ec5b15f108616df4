"""What an answer is in this application."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A passage that answers a question, and where it is from."""

    text: str
    document: str
    citation: str
