"""The application's page."""

from html import escape

from schemas import Answer

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Ask the museum</title>
<h1>Ask the museum</h1>
<form><label>Question <input name="q" value="{question}"></label> <button>Ask</button></form>
{answer}
</html>
"""


def page(answer: Answer | None, problem: str = "") -> str:
    """Return the page with an answer and its sources, or with what went wrong."""
    if problem:
        return _PAGE.format(question="", answer=f"<p>{escape(problem)}</p>")
    if answer is None:
        return _PAGE.format(question="", answer="")
    sources = "".join(
        f"<li value={each.number}>{escape(each.citation)}</li>" for each in answer.quotations
    )
    text = escape(answer.text) or "The documents do not say."
    return _PAGE.format(question=escape(answer.question), answer=f"<p>{text}</p><ol>{sources}</ol>")
