"""Check that the embedding model knows the letters of the texts that a run embedded."""

from collections.abc import Iterable, Sequence

from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Outcome, Severity, VocabularyCoverage
from vouch.validators.concerned import first_examples

_SHOWN = 5


def vocabulary_checks(rows: Iterable[VocabularyCoverage], model: str, limit: float) -> list[Check]:
    """Return a check for each source; `rows` are its languages, those with most unknown first."""
    by_source: dict[str, list[VocabularyCoverage]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    return [_check(source, by_source[source], model, limit) for source in sorted(by_source)]


def _check(source: str, rows: Sequence[VocabularyCoverage], model: str, limit: float) -> Check:
    characters = sum(row.characters for row in rows)
    unknown = sum(row.unknown_characters for row in rows)
    spelled = sum(row.spelled_characters for row in rows)
    share = (unknown + spelled) / characters if characters else 0.0
    failed = share > limit
    message = (
        f"of {characters:,} characters that were embedded, {_percent(unknown, characters)} are "
        f"behind unknown tokens and {_percent(spelled, characters)} are read letter by letter"
    )
    examples = first_examples(example for row in rows for example in row.examples)
    return Check(
        id=CheckId.UNKNOWN_TOKEN_SHARE,
        name=f"{source}: unknown token share",
        scope=source,
        owner="vouch",
        severity=Severity.WARN,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        figure=round(share, 4),
        threshold=limit,
        message=message + (_advice(rows, model, limit) if failed else ""),
        concerned=sum(row.documents for row in rows) if failed else None,
        examples=examples if failed else (),
    )


def _advice(rows: Sequence[VocabularyCoverage], model: str, limit: float) -> str:
    """Return which languages and documents it is about, and what to do."""
    concerned = [row for row in rows if row.unknown_share > limit]
    languages = ", ".join(row.language or "an undetected language" for row in concerned[:_SHOWN])
    uris = [example.uri for row in concerned for example in row.examples]
    documents = f", in documents such as {', '.join(uris[:_SHOWN])}" if uris else ""
    return (
        f": {model} does not know the letters of {languages or 'some texts'}{documents}; set "
        "embedding.model to one that does, such as multilingual (docs/models.md)"
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0.0%"
