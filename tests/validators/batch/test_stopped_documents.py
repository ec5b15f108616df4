"""What a contract or the policy stopped: one warning a source, once for each document."""

import polars as pl

from tests.pipeline.audit.candidates import EMPTY, State, chunks, documents
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Check, Example, Outcome, Severity
from vouch.validators.batch.stopped_documents import newly_stopped, stopped_checks
from vouch.validators.quarantine import PUBLISHED_UNTIL_NOW

SPANISH = "language is one of en, but is 'es'"
LONG = "text has at most 900 characters, but is '1200'; shorten it"


def state(reasons: list[str | None], **changes) -> State:
    """Documents, in quarantine where they have a reason."""
    status = ["quarantined" if reason else "published" for reason in reasons]
    rows = documents(len(reasons), status=status, reason=reasons, **changes)
    return State(rows, chunks(0, document_id=[]))


def checks(before: State, arrivals: State, messages: dict[str, str]) -> list[Check]:
    rejects = pl.DataFrame(
        {"document_id": list(messages), "message": list(messages.values())},
        schema={"document_id": pl.String, "message": pl.String},
    )
    return stopped_checks(newly_stopped(before, arrivals, rejects))


def test_a_source_is_warned_of_with_its_rules_languages_and_documents():
    arrivals = state(["contract", "contract", "contract", "policy", "malformed", None])
    messages = {"d0": SPANISH, "d1": SPANISH, "d2": LONG}
    (check,) = checks(EMPTY, arrivals, messages)
    assert (check.id, check.scope, check.outcome) == (
        CheckId.CONTRACT_REJECTS, "docs", Outcome.FAILED,
    )  # fmt: skip
    assert (check.severity, check.figure, check.concerned) == (Severity.WARN, 4, 4)
    assert check.message == (
        "4 documents of this run are in quarantine: language is one of en: 2 (es 2); stopped by "
        "the policy: 1; text has at most 900 characters: 1"
    )
    assert check.examples == (
        Example(uri="0.md", message=SPANISH),
        Example(uri="1.md", message=SPANISH),
        Example(uri="2.md", message=LONG),
    )


def test_each_source_has_its_own_check():
    arrivals = state(["contract", "policy", None], source=["docs", "wiki", "wiki"])
    behind = checks(EMPTY, arrivals, {})
    assert [(check.scope, check.concerned) for check in behind] == [("docs", 1), ("wiki", 1)]


def test_a_document_that_readers_had_is_marked_and_listed_as_well():
    arrivals = state([f"contract{PUBLISHED_UNTIL_NOW}", "contract"])
    (check,) = checks(EMPTY, arrivals, {"d0": SPANISH, "d1": SPANISH})
    assert check.concerned == 2


def test_a_document_that_was_in_quarantine_before_is_not_warned_of_again():
    before = state(["contract", "malformed", None])
    assert checks(before, state(["contract", "contract"]), {}) == []
    (check,) = checks(before, state(["contract", "contract", "contract"]), {"d2": SPANISH})
    assert check.concerned == 1
    assert check.message.endswith(". 1 of them were published until now")
