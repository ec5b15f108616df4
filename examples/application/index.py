"""The application's access to its index."""

from pathlib import Path

import vouch
from schemas import Answer

FOLDER = Path(__file__).parent
SETTINGS = FOLDER / "vouch.yaml"


def update() -> str:
    """Ingest what has changed and return a line about it."""
    actions = vouch.plan(SETTINGS).plan.counts
    record = vouch.ingest(SETTINGS)
    return (
        f"plan: {', '.join(f'{count} {action}' for action, count in actions.items())}\n"
        f"{record.status}: {record.accounting.chunks_published} chunks"
    )


def answer(question: str) -> Answer:
    """Return the best passage; raises `LookupError` where nothing is found."""
    hits = vouch.open(FOLDER / "data/index").search(question, k=1)
    if not hits:
        raise LookupError(question)
    return Answer(hits[0].text, hits[0].uri, hits[0].citation)
