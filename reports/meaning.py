"""Why a check that fails matters to people who search."""

from vouch.schemas.run import Check

_WHY = (
    ("drift: languages", "Questions in one language may be answered in another."),
    ("drift: unknown language", "Text that is no prose, or cannot be read, crowds out answers."),
    (
        "drift: without heading",
        "Chunks lose what says what they are about: a clause without the contract's name.",
    ),
    (
        "drift: heading depth",
        "Chunks lose what says what they are about: a clause without the contract's name.",
    ),
    ("drift: untitled", "A hit without a title cannot be told from others like it."),
    ("drift: missing", "A field that came empty: filters on it find nothing, and nothing says so."),
    (
        "drift: garbled",
        "Text read in the wrong encoding is found by nobody who types the right words.",
    ),
    ("drift: repeated", "The same text many times pushes other answers out of the first hits."),
    (
        "drift: boilerplate",
        "Text that stands in every document answers no question, and is found by many.",
    ),
    (
        "drift: chunk tokens",
        "Chunks are cut otherwise than before: a parser or a template has changed.",
    ),
    (
        "drift: document chars",
        "Documents are longer or shorter than they were: parts may be missing, or doubled.",
    ),
    ("drift: documents", "Documents that were there are not, or many came at once."),
    ("drift: chunks", "Much of the text that was there is not, or much came at once."),
    ("drift: formats", "The documents come in other formats: another export, another parser."),
    ("drift: sources", "One source weighs more than it did: its answers push out the others'."),
    ("drift: quarantined", "More of what arrives cannot be read: it is not searched."),
    (
        "drift: vocabulary",
        "What arrives uses other words than all before it: another subject, language or encoding.",
    ),
    (
        "drift: vectors",
        "What arrives lies elsewhere in the space of vectors: another subject, or another model.",
    ),
    ("drift: flagged", "More of what arrives holds what the content policy looks for."),
    ("drift: figures", "A figure left the range in which it has been."),
    (
        "published texts get",
        "The model gives other vectors than it gave: queries and chunks no longer meet.",
    ),
    ("golden queries", "Search finds less than it did on questions whose answers are known."),
    ("policy: injection", "A chunk may tell a language model what to do when it is quoted to it."),
    ("policy: hidden text", "Text that people do not see is read by models."),
    ("policy: personal data", "What is indexed can be found by everybody who may search."),
    ("policy: secrets", "A key that is indexed is a key that is known: change it at its provider."),
    ("policy: share of", "Hits that say the same take the places of other answers."),
    ("quarantined share", "What is in quarantine is not searched."),
    ("published documents", "The index would be smaller than it may be."),
    ("untitled share", "A hit without a title cannot be told from others like it."),
    ("share of repeated", "The same text many times pushes other answers out of the first hits."),
    ("share of unknown", "Filters by language do not find what has none."),
    ("the sums", "A document or chunk was lost on the way."),
)
_SOURCE_WHY = (
    ("hours since", "The source brings nothing new: answers are out of date, and nothing fails."),
    ("share without", "A field came empty: filters on it find nothing, and nothing says so."),
    ("is unique", "Two documents claim to be the same thing."),
    ("published documents", "A source holds fewer or more documents than it promised."),
    ("fields are those", "The source has changed its shape."),
    ("language is one of", "Questions in one language may be answered in another."),
)


def why(check: Check) -> str:
    """In one sentence; empty where the check's own message says it all."""
    for beginning, told in _WHY:
        if check.name.startswith(beginning):
            return told
    return next((told for part, told in _SOURCE_WHY if part in check.name), "")
