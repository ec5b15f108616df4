"""`merge`: reports of the same thing are added up, and the first few examples are kept."""

from vouch.pipeline.stages.aggregation import EXAMPLES, merge
from vouch.pipeline.stages.policy_enforcement import merge_findings
from vouch.schemas.runs.record import Example, PolicyFinding


def finding(detector: str, count: int, documents: int = 1, examples: int = 1) -> PolicyFinding:
    shown = tuple(Example(uri=f"{detector}-{n}.md", message="seen") for n in range(examples))
    return PolicyFinding(
        kind="secrets",
        what=detector,
        action="flag",
        count=count,
        documents=documents,
        examples=shown,
    )


def test_counts_are_summed_by_key_and_other_fields_are_those_of_the_first():
    merged = merge(
        [finding("token", 2), finding("password", 1), finding("token", 3)],
        lambda report: (report.kind, report.what),
        ("count",),
    )
    assert [(report.what, report.count, report.documents) for report in merged] == [
        ("token", 5, 1),
        ("password", 1, 1),
    ]


def test_only_the_first_examples_are_kept():
    (merged,) = merge(
        [finding("token", 1, examples=EXAMPLES - 1), finding("token", 1, examples=EXAMPLES)],
        lambda report: (report.kind, report.what),
        ("count",),
    )
    assert len(merged.examples) == EXAMPLES


def test_findings_of_several_shards_are_ordered_by_their_number():
    merged = merge_findings([finding("a", 1), finding("b", 2), finding("c", 1, 2), finding("c", 3)])
    assert [(report.what, report.count, report.documents) for report in merged] == [
        ("c", 4, 3),
        ("b", 2, 1),
        ("a", 1, 1),
    ]
