"""Writes a proposal of `vouch.yaml` from a survey, with what was seen as comments."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

from vouch.embedders.local.model_folder import DEFAULT_MODEL
from vouch.embedders.packaged.multilingual import INSTALL, SIZE_MB
from vouch.embedders.packaged.multilingual import NAME as MULTILINGUAL
from vouch.pipeline.operations.proposal.survey import SampledDocument, Survey, ending
from vouch.reports.formatting import plain, plural
from vouch.schemas.documents.advice import with_advice
from vouch.schemas.documents.records import Reason
from vouch.schemas.settings.yaml_scalar import yaml_scalar

ENOUGH = 20
"""Documents from which a share says something."""
_RARE = 0.02  # share of a language that is rather a stray document than a language of the corpus
_SAFE_ENDING = re.compile(r"\.[A-Za-z0-9]{1,10}")
_MAX_FIELDS = 8
_MAX_REASONS = 6
_ENGLISH = "en"


def settings_text(seen: Survey, *, has_multilingual: bool) -> str:
    """Return the settings for a source as `vouch init` writes them.

    `has_multilingual` says whether the multilingual model can be used here.
    """
    return "\n".join(_lines(seen, has_multilingual)) + "\n"


def _lines(seen: Survey, has_multilingual: bool) -> Iterator[str]:
    name, path = yaml_scalar(seen.source.name), yaml_scalar(seen.source.path)
    yield from (
        "# What to ingest and which checks must pass. `vouch schema` prints all keys with their "
        "defaults.",
        f"# Proposed from what is there: {plural(seen.listed, 'file')} "
        f"({seen.size / 1e6:,.1f} MB), of which {len(seen.sample):,} were read.",
        "# Change whatever you mean otherwise.",
        "# yaml-language-server: $schema=./vouch.schema.json",
        "sources:",
        f"  - name: {name}",
        f"    path: {path}",
    )
    yield from (f"    # {_comment(line)}" for line in _listing(seen))
    excluded = _nothing_reads(seen)
    if excluded:
        yield "    exclude:"
        yield from (f'      - "*{suffix}" # {why}' for suffix, why in excluded.items())
    kept = [document for document in seen.sample if ending(document.uri) not in excluded]
    rejects = [document for document in kept if document.reason]
    yield from (f"    # {_comment(line)}" for line in _rejects(rejects))
    count = seen.listed - sum(seen.endings[suffix] for suffix in excluded)
    published = count * (1 - len(rejects) / len(kept)) if kept else 0
    contract = [*_languages(seen.read), *_least(published), *_fields(seen.read)]
    if contract:
        yield from ("    contract:", *(f"      {line}" for line in contract))
    yield from ("", "embedding:", *(f"  {line}" for line in _model(seen.read, has_multilingual)))
    yield from ("", "policy:", *(f"  {line}" for line in _policy(seen.read)))
    yield from ("", "contracts:", "  batch:", *(f"    {line}" for line in _shares(kept, rejects)))
    yield from (
        "",
        "# retrieval:",
        "#   golden: golden.jsonl # questions with answers: `vouch golden suggest`, `… add`",
        "",
        "index:",
        "  path: data/index",
        f"  max_delete_share: 0.2 # {math.floor(published * 0.2):,} of about {published:,.0f} "
        "documents; a run that would remove more stops",
    )


def _listing(seen: Survey) -> Iterator[str]:
    kinds = ", ".join(
        f"{count:,} {plain(suffix)[:12] or 'without ending'}"
        for suffix, count in seen.endings.most_common(8)
    )
    more = f" and {len(seen.endings) - 8} more kinds" if len(seen.endings) > 8 else ""
    newest = f"; the newest is of {seen.newest:%Y-%m-%d}" if seen.newest else ""
    yield f"{kinds}{more}{newest}"
    for rule, count in seen.filtered.most_common():
        yield f"left out by a rule: {plural(count, 'file')} ({rule})"
    for problem in seen.problems[:3]:
        yield f"the listing was incomplete: {problem}"


def _nothing_reads(seen: Survey) -> dict[str, str]:
    """Return the endings of files that no parser reads, with the reason."""
    by_ending: dict[str, list[SampledDocument]] = {}
    for document in seen.sample:
        by_ending.setdefault(ending(document.uri), []).append(document)
    return {
        suffix: f"{plural(seen.endings[suffix], 'file')} of a kind that is not read"
        for suffix, documents in sorted(by_ending.items())
        if _SAFE_ENDING.fullmatch(suffix)
        and all(document.reason == Reason.UNSUPPORTED_TYPE for document in documents)
    }


def _rejects(rejects: Sequence[SampledDocument]) -> Iterator[str]:
    reasons = Counter(document.reason for document in rejects)
    for reason, count in reasons.most_common(_MAX_REASONS):
        first = next(document for document in rejects if document.reason == reason)
        yield (
            f"to quarantine: {plural(count, 'document')} ({reason}), such as {first.uri}: "
            f"{with_advice(reason, first.message)}"
        )


def _languages(read: Sequence[SampledDocument]) -> Iterator[str]:
    """Propose the languages that are there, so that an upload in another one is quarantined."""
    counts = Counter(document.language for document in read if document.language)
    total = sum(counts.values())
    if total < ENOUGH:
        return
    shares = ", ".join(f"{language} {_percent(n / total)}" for language, n in counts.most_common())
    yield f"# languages of {total:,} documents: {_comment(shares)}"
    common = [language for language, n in counts.most_common() if n / total >= _RARE]
    for language in sorted(counts.keys() - set(common)):
        uris = [document.uri for document in read if document.language == language]
        more = f" and {len(uris) - 1} more" if len(uris) > 1 else ""
        yield f"# {_comment(f'{language} in {uris[0]}{more}')}: add it if that is to be searched"
    yield f"languages: [{', '.join(map(yaml_scalar, common))}] # in another one: quarantine"


def _least(published: float) -> Iterator[str]:
    if published >= ENOUGH:
        least = _two_digits(published * 0.8)
        yield f"min_documents: {least} # of about {published:,.0f}; with fewer a run is rejected"


def _fields(read: Sequence[SampledDocument]) -> Iterator[str]:
    """Propose how often fields that nearly every document has may be missing."""
    if len(read) < ENOUGH:
        return
    counts = Counter(key for document in read for key in document.fields)
    counts["title"] = sum(bool(document.title) for document in read)
    usual = [
        (key, 1 - count / len(read))
        for key, count in counts.most_common()
        if count >= 0.8 * len(read) and key.isprintable()
    ]
    if not usual:
        return
    yield "fields:"
    for key, missing in usual[:_MAX_FIELDS]:
        values = [document.fields[key] for document in read if key in document.fields]
        kind = _type_of(values)
        typed = f", type: {kind}, severity: warn" if kind else ""
        most = _next_twentieth(missing + 0.05)
        yield (
            f"  {yaml_scalar(key)}: {{max_missing: {most:g}{typed}}} "
            f"# {_percent(missing)} of documents have none"
        )


def _type_of(values: Sequence[str]) -> str:
    """Return the type that all values have; empty where they are just texts."""
    if len(values) < ENOUGH:
        return ""
    tests: dict[str, Callable[[str], object]] = {
        "integer": int,
        "number": lambda value: _finite(float(value)),
        "date": lambda value: date.fromisoformat(value[:10]),
    }
    return next((kind for kind, read in tests.items() if _all_read(values, read)), "")


def _all_read(values: Iterable[str], read: Callable[[str], object]) -> bool:
    try:
        for value in values:
            read(value)
    except ValueError:
        return False
    return True


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(value)
    return value


def _model(read: Sequence[SampledDocument], has_multilingual: bool) -> Iterator[str]:
    """Propose the multilingual model where documents are in other languages than English."""
    languages = Counter(document.language for document in read if document.language)
    total = sum(languages.values())
    foreign = total - languages[_ENGLISH]
    needs_multilingual = total > 0 and foreign / total >= _RARE
    cost = f"It embeds half as fast as {DEFAULT_MODEL}, and takes {SIZE_MB} MB on disk, once."
    if not needs_multilingual:
        yield f"model: {DEFAULT_MODEL} # installed with Vouch"
        return
    why = f"{_percent(foreign / total)} of the documents are in other languages than English"
    if has_multilingual:
        yield f"model: {MULTILINGUAL} # {why}; {DEFAULT_MODEL} knows English alone"
        yield f"# {cost}"
    else:
        yield f"model: {DEFAULT_MODEL} # installed with Vouch; it knows English alone"
        yield f"# {why}: better `{INSTALL}`, and here `model: {MULTILINGUAL}`. {cost}"


def _policy(read: Sequence[SampledDocument]) -> Iterator[str]:
    """Propose what to do with each kind of finding: where there is none, to stop the first one."""
    for kind, if_seen, if_not in (
        ("personal_data", "note", "note"),
        ("secrets", "flag", "quarantine"),
        ("hidden_text", "flag", "flag"),
        ("injection", "flag", "flag"),
        ("possible_injection", "note", "note"),
    ):
        found_in = [document.uri for document in read if kind in document.findings]
        if found_in:
            seen = f"{plural(len(found_in), 'document')} of {len(read):,}, such as {found_in[0]}"
            yield f"{kind}: {if_seen} # in {_comment(seen)}"
        elif len(read) >= ENOUGH:
            yield f"{kind}: {if_not} # in none of {plural(len(read), 'document')}"
        else:
            yield f"{kind}: {if_seen} # too few documents to judge by"


def _shares(kept: Sequence[SampledDocument], rejects: Sequence[SampledDocument]) -> Iterator[str]:
    share = len(rejects) / len(kept) if len(kept) >= ENOUGH else None
    if share is None:
        yield "max_quarantine_share: 0.5 # a higher share of documents that cannot be read rejects"
        return
    most = min(0.5, max(0.1, _next_twentieth(2 * share)))
    yield f"max_quarantine_share: {most:g} # {_percent(share)} cannot be read; more of them reject"
    yield f"warn_quarantine_share: {min(most, max(0.05, _next_twentieth(1.2 * share))):g}"


def _comment(text: str) -> str:
    """Return a text that stays within a comment, whatever documents are called."""
    return " ".join(plain(text).split())


def _percent(share: float) -> str:
    return f"{share:.0%}" if share in (0.0, 1.0) or share >= 0.1 else f"{share:.1%}"


def _next_twentieth(share: float) -> float:
    """Round up to 5 %: a limit that looks exact would say more than a sample knows."""
    return min(1.0, math.ceil(round(share * 20, 6)) / 20)


def _two_digits(value: float) -> int:
    digits = max(0, math.floor(math.log10(value)) - 1) if value >= 1 else 0
    return int(value // 10**digits * 10**digits)
