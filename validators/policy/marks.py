"""Patterns for the markup of conversations with a model, and for text without blanks."""

import re

# Detector, hint, and a pattern that is tried where the hint is in the folded text.
MARKS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "role_marker",
        "<|",
        re.compile(
            r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|begin_of_text|"
            r"start_header_id|end_header_id|end_of_turn|channel|message|start|end)\|>"
        ),
    ),
    ("role_marker", "inst]", re.compile(r"\[/?inst\]")),
    ("role_marker", "<<", re.compile(r"<</?sys>>")),
    ("role_marker", "_of_turn>", re.compile(r"<(?:start|end)_of_turn>")),
    (
        "role_marker",
        "###",
        re.compile(r"(?:^|\n)[ \t]*#{2,4} ?(?:instruction|system|response|human|assistant|user):"),
    ),
    (
        "role_marker",
        "assistant:",
        re.compile(r"\n[ \t]*(?:human|user):[^\n]{0,500}\n{1,3}[ \t]*assistant:"),
    ),
    (
        "role_marker",
        "</",
        re.compile(
            r"</(?:system|system_prompt|user_query|document|context|instructions|untrusted)>\s{0,4}"
            r"(?:<(?:system|user|assistant|instructions)|system:|user:|ignore|new )"
        ),
    ),
    (
        "tool_bait",
        "<",
        re.compile(
            r"<(?:tool_call|function_call|function_calls|tool_use|antml:invoke|invoke name=[\"'])"
            r"[^<]{0,20}>?"
        ),
    ),
    (
        "tool_bait",
        '"arguments"',
        re.compile(
            r"\{\s{0,20}\"(?:tool|function|tool_name|name|function_call|"
            r"recipient)\"\s{0,3}:\s{0,3}[\"{][^{}]{0,120}\"arguments\"\s{0,3}:"
        ),
    ),
    (
        "exfiltration",
        "](http",
        re.compile(
            r"!\[[^\]\n]{0,100}\]\(https?://[^)\s?]{1,300}\?[^)\s=]{0,60}="
            r"(?:\{|\[|<|%7b|%5b|\$\{?[a-z]|(?:secret|data|password|api_?key|conversation|history|chat|"
            r"summary|base64|user_?data)(?:[_)&]|$))"
        ),
    ),
)

# For text written l i k e   t h i s, which is matched after its blanks are removed.
SPACED = re.compile(
    r"(?:ignore|disregard|forget|override)(?:all|any|the|your|of|my|everything){0,4}(?:previous|prior|above|"
    r"earlier|preceding|all|your|system)(?:instruction|prompt|command|directive|rule|message|guideline)s?|"
    r"youarenow(?:an?|in|dan|the)|systemprompt"
)
