"""What a plan says that a run will cost: rather too much than too little, also of many small documents."""

from pathlib import Path

from tests.pipeline.steps import run, write
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.planning.dry_run import dry_run

SMALL = "# Title {n}\n\n{one}\n\n## Part {n}\n\n{other}\n"
ONE = "The first sentences of a document, with some words in them, so that they have a length that is real."
OTHER = "Another part, which tells something else about the matter, and goes on for a few words more, and for another few, until three hundred are reached."


def small(number: int) -> str:
    return SMALL.format(n=number, one=ONE, other=OTHER)


def expected(settings: Path) -> int:
    return dry_run(read_settings(settings)).estimate.chunks


def test_a_first_run_over_small_documents_is_not_taken_for_nothing(project, tiny_model: Path):
    settings = project(
        {f"{n}.md": small(n) for n in range(5)}, f"embedding: {{model: {tiny_model}}}\n"
    )
    told = expected(settings)
    made = run(settings).accounting.chunks_produced
    assert made <= told <= 2 * made


def test_a_document_takes_a_chunk_however_small_it_is(project, tiny_model: Path):
    """Beside large ones, by which the index has learned how many bytes a chunk takes."""
    settings = project(
        {"large.md": "# Large\n\n" + f"{ONE} " * 200}, f"embedding: {{model: {tiny_model}}}\n"
    )
    run(settings)
    for number in range(20):
        write(settings, f"{number}.md", f"Note {number}.")
    assert expected(settings) == 20
