"""A question stays with its answer, a caption with its table, an opening line with what it opens."""

import pytest

from tests.parsers.proofs import elements_of
from vouch.chunkers.chunker import chunk
from vouch.chunkers.leads import leads
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.registry import read
from vouch.schemas.documents.records import ElementType
from vouch.schemas.settings.chunking import ChunkingSettings

PARAGRAPH, ITEM, TABLE, CODE = (
    ElementType.PARAGRAPH, ElementType.LIST_ITEM, ElementType.TABLE, ElementType.CODE,
)  # fmt: skip
LONG = "It is as long as the harbour is wide, which nobody has measured since the flood."

LEADING = {
    "question": ("How long is the pier?", PARAGRAPH, LONG, PARAGRAPH),
    "question as an item": ("How long is the pier?", ITEM, LONG, PARAGRAPH),
    "question in bold": ("**How long is it?**", PARAGRAPH, LONG, PARAGRAPH),
    "question in quotation marks": ("“How long is it?”", PARAGRAPH, LONG, PARAGRAPH),
    "Chinese question": ("码头有多长？", PARAGRAPH, "很长。", PARAGRAPH),
    "Arabic question": ("كم طول الرصيف؟", PARAGRAPH, "طويل.", PARAGRAPH),
    "Greek question": ("Πόσο μακριά είναι;", PARAGRAPH, "Πολύ.", PARAGRAPH),
    "Armenian question": ("Որքա՞ն է", PARAGRAPH, "Երկար է։", PARAGRAPH),
    "Spanish question": ("¿Cuánto mide?", PARAGRAPH, "Mucho.", PARAGRAPH),
    "label": ("Q: Tell me how long it is.", PARAGRAPH, f"A: {LONG}", PARAGRAPH),
    "German label": ("Frage 3: Nenne die Länge.", PARAGRAPH, f"Antwort: {LONG}", PARAGRAPH),
    "colon and list": ("You need the following:", PARAGRAPH, "a rope.", ITEM),
    "colon and code": ("Type this:", PARAGRAPH, "ls -l", CODE),
    "Chinese colon": ("需要以下物品：", PARAGRAPH, "绳子。", ITEM),
    "opening line": ("What you need", PARAGRAPH, "a rope", ITEM),
    "caption above": ("Table 3: Piers and their lengths.", PARAGRAPH, "a | b", TABLE),
    "caption below": ("a | b", TABLE, "Tabelle 2.1 – Längen der Stege.", PARAGRAPH),
    "Chinese caption": ("表 4 码头。", PARAGRAPH, "a | b", TABLE),
    "Russian caption": ("Таблица 5. Длины.", PARAGRAPH, "a | b", TABLE),
}
NOT_LEADING = {
    "sentence": (LONG, PARAGRAPH, LONG, PARAGRAPH),
    "two questions": ("How long is it?", PARAGRAPH, "How wide is it?", PARAGRAPH),
    "two colons": ("Name:", PARAGRAPH, "Address:", PARAGRAPH),
    "two lines": ("Mary Shelley", PARAGRAPH, "Bath", PARAGRAPH),
    "item and text": ("a rope", ITEM, LONG, PARAGRAPH),
    "code": ("x ?", CODE, LONG, PARAGRAPH),
    "semicolon": ("He came; he saw;", PARAGRAPH, LONG, PARAGRAPH),
    "table and text": ("a | b", TABLE, LONG, PARAGRAPH),
    "long line": (LONG.strip(".") * 2, PARAGRAPH, LONG, PARAGRAPH),
}


@pytest.mark.parametrize("name", LEADING)
def test_it_leads_to_what_follows(name: str):
    assert leads(*LEADING[name])


@pytest.mark.parametrize("name", NOT_LEADING)
def test_it_is_on_its_own(name: str):
    assert not leads(*NOT_LEADING[name])


def faq(question: str, answer: str, count: int = 40) -> list[tuple[str, str]]:
    return [(question.replace("N", str(n)), answer.replace("N", str(n))) for n in range(count)]


SOURCES = {
    "faq.md": ("**Question N: how long is pier N?**\n\nIt is N metres long.\n\n", "Question"),
    "list.md": ("- How long is pier N?\n\n  It is N metres long, or so.\n", "- How long"),
    "labels.txt": ("Q: How long is pier N?\nA: It is N metres long, or so.\n", "Q:"),
    "faq.txt": ("N. How long is pier N?\n\nIt is N metres long, or so.\n\n", ""),
    "accordion.html": ("<h3><button>How long is pier N?</button></h3>"
                       "<div><p>It is N metres long, or so.</p></div>", "How long"),
    "details.html": ("<details><summary>How long is pier N?</summary>"
                     "<p>It is N metres long, or so.</p></details>", "How long"),
    "faq.rst": ("How long is pier N?\n   It is N metres long, or so.\n\n", "How long"),
    "faq.org": ("- How long is pier N? :: It is N metres long, or so.\n", "How long"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_questions_of_every_format_stay_with_their_answers(name: str, tokenizer):
    unit, first = SOURCES[name]
    text = "".join(unit.replace("N", str(n)) for n in range(60))
    if name.endswith("html"):
        text = f"<html><body><main>{text}</main></body></html>"
    document = read(text.encode(), name).document
    chunks = chunk(document, ChunkingSettings(), tokenizer)
    assert len(chunks) > 4
    texts = [cut.text for cut in chunks]
    assert all(text.endswith("so.") or text.endswith("long.") for text in texts), elements_of(
        document
    )[:4]
    assert all(text.startswith(first) for text in texts[1:])


def test_an_answer_is_cut_so_that_its_question_is_with_its_beginning(tokenizer):
    builder = DocumentBuilder()
    for number in range(6):
        builder.paragraph(f"What is to be said of pier number {number} and of its neighbours?")
        builder.paragraph(f"The answer {number} " + "goes on and on, " * 30 + "until its end.")
    chunks = chunk(builder.build(), ChunkingSettings(), tokenizer)
    questions = [cut.text for cut in chunks if "What is to be said" in cut.text]
    assert len(questions) == 6
    assert all("neighbours?\n\nThe answer" in text for text in questions)


@pytest.mark.parametrize("is_above", [True, False])
def test_a_caption_stays_with_a_table_that_is_cut(is_above: bool, tokenizer):
    builder = DocumentBuilder()
    builder.paragraph("Something is said before, which is not about the table. " * 3)
    if is_above:
        builder.paragraph("Table 3: People and their ages.")
    rows = [["name", "age"], *([f"person number {n}", str(n)] for n in range(1, 80))]
    builder.table(rows, header_rows=1)
    if not is_above:
        builder.paragraph("Table 3: People and their ages.")
    builder.paragraph("Something is said afterwards, which is not about the table. " * 3)
    chunks = chunk(builder.build(), ChunkingSettings(), tokenizer)
    (with_caption,) = [cut for cut in chunks if "Table 3" in cut.text]
    assert "person number" in with_caption.text
    with_rows = [cut for cut in chunks if "person number" in cut.text]
    assert (with_rows[0].row_start, with_rows[-1].row_end) == (1, 79)
    assert all(cut.row_start for cut in with_rows)
