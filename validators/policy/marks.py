"""Patterns for the markup of conversations with a model, and for text without blanks."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A pattern that is tried where `hint` is in the folded text; for `weight` see `rules`."""

    detector: str
    weight: int
    hint: str
    pattern: re.Pattern[str]


MARKS: tuple[Mark, ...] = (
    Mark(
        "role_marker",
        3,
        "<|",
        re.compile(
            r"<\|(?:im_start|im_end|im_sep|eot_id|start_header_id|"
            r"end_header_id|end_of_turn)\|>"
        ),
    ),
    Mark(
        "role_marker",
        1,
        "<|",
        re.compile(
            r"<\|(?:system|user|assistant|endoftext|begin_of_text|channel|message|start|end)\|>"
        ),
    ),
    Mark(
        "role_marker",
        3,
        "inst]",
        re.compile(r"\[inst\][^\n]{0,400}?\[/inst\]|\[/inst\]|<s> ?\[inst\]"),
    ),
    Mark("role_marker", 3, "<<", re.compile(r"<</?sys>>")),
    Mark("role_marker", 3, "_of_turn>", re.compile(r"<(?:start|end)_of_turn>")),
    Mark(
        "role_marker",
        3,
        "###",
        re.compile(r"(?:^|\n)[ \t]*#{2,4} ?(?:instruction|system|response|human|assistant|user):"),
    ),
    Mark(
        "role_marker",
        2,
        "assistant:",
        re.compile(r"\n[ \t]*(?:human|user):[^\n]{0,500}\n{1,3}[ \t]*assistant:"),
    ),
    Mark(
        "role_marker",
        3,
        "</",
        re.compile(
            r"</(?:system|system_prompt|user_query|document|context|instructions|untrusted)>\s{0,4}"
            r"(?:<(?:system|user|assistant|instructions)|system:|user:|ignore|new )"
        ),
    ),
    Mark(
        "role_marker",
        2,
        "end of",
        re.compile(
            r"(?:<|#{2,6} |-{3,} |={3,} |\[)end of (?:the )?(?:session|user input|user message|"
            r"document|"
            r"context|input|prompt|system prompt|instructions|data|email)(?:>| ?#{2,6}| ?-{3,}| "
            r"?={3,}|\])"
        ),
    ),
    Mark(
        "tool_bait",
        1,
        "<",
        re.compile(
            r"<(?:tool_call|function_call|function_calls|tool_use|antml:invoke|invoke name=[\"'])"
            r"[^<]{0,20}>?"
        ),
    ),
    Mark(
        "tool_bait",
        1,
        '"arguments"',
        re.compile(
            r"\{\s{0,20}\"(?:tool|function|tool_name|name|function_call|"
            r"recipient)\"\s{0,3}:\s{0,3}[\"{][^{}]{0,120}\"arguments\"\s{0,3}:"
        ),
    ),
    Mark(
        "exfiltration",
        3,
        "](http",
        re.compile(
            r"!\[[^\]\n]{0,100}\]\(https?://[^)\s?]{1,300}\?[^)\s=]{0,60}="
            r"(?:\{|\[|<|%7b|%5b|\$\{?[a-z]|(?:secret|data|password|api_?key|conversation|"
            r"history|chat|"
            r"summary|base64|user_?data)(?:[_)&]|$))"
        ),
    ),
)

# For text written l i k e   t h i s, which is matched after its blanks are removed.
SPACED = re.compile(
    r"(?:ignore|disregard|forget|override)(?:all|any|the|your|of|my|everything){0,4}(?:previous|"
    r"prior|above|"
    r"earlier|preceding|all|your|system)(?:instruction|prompt|command|directive|rule|message|"
    r"guideline)s?|"
    r"youarenow(?:an?|in|dan|the)|systemprompt"
)
