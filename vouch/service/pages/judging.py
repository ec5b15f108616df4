"""What people say of an answer, right or wrong: it becomes a golden query.

The only thing that the service writes, and not into the index: a line in the file of
`retrieval.golden`, by the code of `vouch golden add`. What is wrong becomes a negative query: this
passage must not answer it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from vouch.pipeline.operations.golden.adding import add_golden
from vouch.pipeline.operations.trace import pattern_of
from vouch.schemas.errors import NotFound, SettingsError
from vouch.service.answers import DocumentAnswer
from vouch.service.api import caller_of
from vouch.service.callers import Caller
from vouch.service.pages.forms import number
from vouch.service.pages.marking import pieces
from vouch.service.pages.rendering import page
from vouch.service.problems import forbidden
from vouch.service.service import SearchService
from vouch.validators.retrieval.golden_queries import FEEDBACK, Forbidden, GoldenQuery, locate

_MAX_NAME = 60
_MAX_ANSWER = 20_000  # characters
# An owner is part of the names of groups and metrics.
_NO_NAME = re.compile(r"[@,\"'\\\x00-\x1f\x7f]+")


def may_judge(service: SearchService) -> bool:
    """Return whether people may say what is right or wrong.

    `serve.feedback` decides; by default only where no key is needed, which is this machine. Without
    a file of golden queries there is none to write.
    """
    allowed = service.settings.feedback
    if allowed is None:
        allowed = not service.callers.need_keys
    return allowed and service.file.settings.retrieval.golden is not None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person says of a passage.

    `better` and `answer` are the document and the words that are right, of a passage that is wrong.
    """

    query: str
    document_id: str
    start: int
    end: int
    verdict: str = ""
    passage: str = ""
    better: str = ""
    answer: str = ""
    who: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Judged":
        """Read the fields of the form. Raises `SettingsError` where a number is none."""
        return cls(
            fields.get("q", "").strip(),
            fields.get("document", ""),
            number(fields, "start", 0),
            number(fields, "end", 0),
            fields.get("is", ""),
            fields.get("passage", "").strip(),
            fields.get("better", "").strip(),
            fields.get("answer", "").strip(),
            " ".join(_NO_NAME.sub(" ", fields.get("who", "")).split())[:_MAX_NAME],
        )


class Judging:
    """The page at `/feedback`."""

    def __init__(self, service: SearchService) -> None:
        self._service = service

    def form(self, request: Request) -> Response:
        """Show a passage, and ask what it is."""
        return self._shown(request, Judged.of(request.query_params))

    def write(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Write what the form says, or show it again with what is wrong with it."""
        judged = Judged.of(fields)
        self._require(caller_of(request))
        try:
            written = self._added(caller_of(request), judged)
        except (SettingsError, NotFound) as error:
            return self._shown(request, judged, problem=str(error))
        return self._shown(request, judged, written=written)

    def _require(self, caller: Caller) -> None:
        if not may_judge(self._service):
            raise forbidden(
                "nothing can be written here: serve.feedback and retrieval.golden in vouch.yaml "
                "allow it"
            )

    def _added(self, caller: Caller, judged: Judged) -> GoldenQuery:
        document, text = self._passage(caller, judged)
        if not judged.query or len(judged.query) > self._service.settings.max_query_chars:
            raise SettingsError("write the question, as people ask it")
        if judged.verdict not in ("right", "wrong"):
            raise SettingsError("choose whether the passage is right or wrong")
        if not judged.passage or not locate(judged.passage, text):
            raise SettingsError(
                "the words that count are not in the passage; take them from it, word for word"
            )
        is_right = judged.verdict == "right"
        has_better = bool(judged.better or judged.answer) and not is_right
        if has_better and caller.profile is not None:
            raise forbidden("your key is bound to a profile, so another document cannot be named")
        if len(judged.answer) > _MAX_ANSWER:
            raise SettingsError("the right passage is too long; its first sentences are enough")
        who = caller.name if self._service.callers.need_keys else judged.who
        note = f"{judged.verdict} answer, said{f' by {who}' if who else ''} on the pages of "
        note += f"`vouch serve`, {datetime.now(UTC):%Y-%m-%d}, run {document.run_id}"
        wrong = Forbidden(
            source=document.source, uri=pattern_of(document.uri), answer=judged.passage
        )
        return add_golden(
            self._service.file,
            judged.query,
            document.uri if is_right else judged.better or None,
            judged.passage if is_right else judged.answer or None,
            document.source if is_right else None,
            language=document.language if is_right else None,
            tags=(FEEDBACK,),
            owner=who or None,
            not_from=() if is_right else (wrong,),
            note=note,
            profile=caller.profile,
            values=caller.values,
        )

    def _passage(self, caller: Caller, judged: Judged) -> tuple[DocumentAnswer, str]:
        document = self._service.document(caller, judged.document_id, length=0)
        context = self._service.context(caller, judged.document_id, judged.start, judged.end, 0)
        return document, context.text

    def _shown(
        self,
        request: Request,
        judged: Judged,
        problem: str = "",
        written: GoldenQuery | None = None,
    ) -> Response:
        caller = caller_of(request)
        self._require(caller)
        document, text = self._passage(caller, judged)
        return page(
            request,
            "judge.html.j2",
            HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
            judged=judged,
            document=document,
            passage=judged.passage or text,
            pieces=pieces(text),
            problem=problem,
            written=written,
            place=self._service.file.settings.retrieval.golden,
            knows_who=self._service.callers.need_keys,
            can_name=caller.profile is None,
            longest=self._service.settings.max_query_chars,
        )
