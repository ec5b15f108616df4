"""Rules for what else a document says to a language model and not to its reader, in English."""

import re

from validators.policy.rules import Rule, rule, words

_MODEL = r"(?:a\.?i\.?|llms?|language models?|large language models?|chat ?gpt|gpt|claude|gemini|copilot|chatbots?|bots?|agents?|assistants?)"
_ANSWER = r"(?:response|reply|replies|answers?|responses|messages?|output|summary)"
_ADD = (
    r"(?:add|include|integrate|insert|append|incorporate|modify|augment|enhance|convert|replace|substitute|rearrange|scramble|remove|"
    r"group|combine|render|provide|write|give|translate|encode|encrypt|begin|start|end|finish|conclude|misspell|introduce|jumble|"
    r"anagram|format|reverse|mention|weave|embed|adjust|alter|deliver|present|express|phrase|compose|formulate|reorder|shuffle|"
    r"use|make|change|swap|prefix|suffix|preface|close|open|sprinkle|hide|conceal)"
)
_ROLE = (
    r"(?:assistant|ai|bot|chatbot|model|hacker|pirate|expert|character|agent|translator|terminal|persona|system|human|"
    r"unrestricted|uncensored|unfiltered|evil|jailbroken|free|dan|machine|interpreter|villain|tutor|poet|advisor)"
)

INSTRUCTIONS: tuple[Rule, ...] = (
    rule(
        "role_change",
        "you",
        rf"\byou are now(?: (?:going to (?:be|act)|an?|the|my|in|known as|called|acting as|operating as|no longer)){{0,2}}(?: \w{{1,16}}){{0,3}}? "
        rf"(?:{_ROLE}|developer mode|god mode|bound|restricted|limited by)\b",
    ),
    rule("role_change", "act pretend roleplay behave", r"\b(?:act|behave|respond|roleplay|role play) as (?:if you (?:are|were|have)|though you|an? (?:\w{1,16} )?(?:unrestricted|uncensored|unfiltered|evil|dan\b))"),
    rule("role_change", "pretend imagine", rf"\b(?:pretend|imagine) (?:that )?(?:to be|you are|you['’]re|you have no)(?: \w{{1,16}}){{0,4}}? {_ROLE}\b"),
    rule("role_change", "now", r"\bfrom now on you (?:will|must|shall|are|should|have|only|can)\b"),
    rule("role_change", "mode dan jailbreak", r"\b(?:developer|god|dan|jailbreak|debug|admin|sudo|unrestricted) mode (?:is |has been )?(?:now )?(?:enabled|activated|engaged|unlocked)\b|\bdo anything now\b"),
    rule(
        "system_prompt",
        "prompt instructions prompts",
        r"\b(?:reveal|print|repeat|show|output|leak|disclose|tell|share|display|expose|recite|summari[sz]e|dump|give|write)(?: \w{1,12}){0,3}? "
        r"(?:your|the) (?:\w{1,12} ){0,2}?(?:system prompts?|initial prompts?|hidden prompts?|secret prompts?|original prompts?|"
        r"(?:system|initial|hidden|secret|original|internal|confidential) instructions|prompt verbatim|words above|text above)",
    ),
    rule("system_prompt", "instructions prompt", r"\bwhat (?:are|were|is|was) your (?:\w{1,12} ){0,2}?(?:instructions|prompt|system prompt)\b"),
    rule("system_prompt", "system", r"(?:^|\n)[\t\x20>*#-]{0,6}[\[<(*]{0,2}(?:new )?system(?: (?:prompt|message|override|instruction|note|update|alert))?[\])>*]{0,3}: ?(?:you\b|ignore|the (?:assistant|ai|user)|from now|your)"),
    rule(
        "secrecy",
        "user users human humans person reader",
        r"\b(?:do not|don['’]?t|never|must not|without|avoid)(?: ever)? (?:tell|telling|inform|informing|alert|alerting|mention|mentioning|reveal|"
        r"revealing|disclose|disclosing|let|letting|notify|notifying|say)(?: (?:this|any of this|it|anything|these|about|that|instructions?|to)){0,3} "
        r"(?:to )?(?:the|your|any|our) (?:end )?(?:users?|humans?|person|reader|owner)\b",
    ),
    rule("secrecy", "instructions instruction message prompt", r"\b(?:do not|don['’]?t|never) (?:mention|reveal|disclose|acknowledge|discuss|repeat|show)(?: \w{1,12}){0,2}? (?:this|these|that you|your) (?:\w{1,12} )?(?:instructions?|message|prompt|directives?)\b"),
    rule("output_control", "only", rf"\b(?:respond|reply|answer|output|speak|write back)(?: \w{{1,12}}){{0,2}}? (?:only|exclusively|solely) (?:with|in|using|by|as)\b|\b(?:only|exclusively) (?:respond|reply|answer) (?:with|in|using|by|as)\b|\b(?:respond|reply) with only\b"),
    rule("output_control", "response reply answer replies answers responses message output summary", rf"(?:^|[.!?:;\n\"“)\]>-]\s{{0,3}}|\b(?:please|must|should|to|and|then|also|instead|always) ){_ADD}{words(14)} (?:in|to|into|of|from|with|within|for|throughout|at|on|by)(?: the \w{{1,12}} of)? your (?:(?:next|final|entire|whole|own|future|every) )?{_ANSWER}\b"),
    rule("output_control", "response reply answer message", rf"(?:^|[.!?:;\n\"“(>-]\s{{0,3}}){_ADD} (?:your|all your) (?:(?:next|final|entire|whole|own) )?{_ANSWER}\b"),
    rule("output_control", "response reply answer", rf"(?:^|[.!?:;\n\"“(>-]\s{{0,3}})(?:in|with|throughout|at the (?:end|beginning|start|top|bottom) of) (?:your|every|each) (?:(?:next|final|entire|whole|own) )?(?:response|reply|answer) ?, ?\w"),
    rule("output_control", "response reply answer", rf"\b(?:every|each|all)(?: \w{{1,12}}){{0,2}}? (?:in|of|from) your (?:response|reply|answer|message)s?\b|\byour (?:entire |whole |next |final )?(?:response|reply|answer|message)s? (?:must|should|has to|have to|shall|needs to|will) (?:be|contain|include|start|begin|end|consist|always|only|use|have|mention)\b"),
    rule("output_control", "respond reply answer", r"(?:^|[.!?:;\n\"“(>-]\s{0,3})(?:respond|reply|answer|speak|talk)(?: (?:to|this|the|me|everything|all|questions?|user|messages?|every|my|following)){0,4} (?:in|using|with|like|as) (?:an? |the |only |random |made up |fake )?(?:\w{1,14} )?(?:emojis?|pirate|french|german|spanish|klingon|rhymes?|anagrams?|code words?|morse|leetspeak|riddles?|questions|haikus?|typos|uppercase|capital letters|pig latin|base64|numbers|binary)\b"),
    rule("off_topic_task", "poem story essay letter speech song haiku joke limerick sonnet article tale lyrics", r"(?:^|[.!?:;\n\"“)>-]\s{0,3}|\b(?:please|instead|you|and|then|also) )(?:write|compose|draft|provide|create|generate|develop|tell|produce|craft|pen)(?: (?:me|us))?(?: \w{1,14}){0,5}? (?:poem|story|essay|letter|speech|song|haiku|joke|limerick|sonnet|tale|lyrics) (?:about|on|for|to|based|of|in|describing|that|from|with|set)\b"),
    rule("off_topic_task", "translate spanish french german japanese chinese russian italian", r"\btranslate (?:the )?(?:following|this|these|above|sentence|phrase|word|text|['\"“‘])[^\n]{0,80}? (?:to|into) (?:\w{1,12} )?(?:spanish|french|german|japanese|chinese|russian|italian|portuguese|korean|arabic|hindi|english|latin)\b|\bprovide the (?:spanish|french|german|japanese|chinese|russian|italian|english) (?:equivalent|translation|word)"),
    rule("off_topic_task", "you", r"(?:^|[.!?:;\n\"“>-]\s{0,3})(?:hey |hi |hello )?(?:can|could|would|will) you (?:please |kindly |also )?(?:show|write|explain|tell|give|help|translate|suggest|recommend|summari[sz]e|list|describe|calculate|find|provide|create|generate)(?: me| us)? (?:an?|the|some|how|what|why|with|about|if|to|in|more|me)\b[^\n?]{0,160}\?"),
    rule("foreign_code", "code", r"\b(?:following|subsequent|below|ensuing)(?: \w{1,12})? code (?:block|snippet|excerpt|section|fragment|segment|piece)\b(?: \w{1,16}){0,8}? (?:your|the)(?: \w{1,16}){0,4}? (?:code|codebase|implementation|solution|algorithm|elucidation|response|answer|reply|code base)\b"),
    rule("foreign_code", "code", r"\b(?:your|the) (?:code|codebase|implementation|solution|algorithm|response|answer|reply|elucidation)\b(?: \w{1,16}){0,8}? (?:the )?(?:following|subsequent|below|ensuing)(?: \w{1,12})? code (?:block|snippet|excerpt|section|fragment|segment|piece)\b"),
    rule("addressed_to_model", "ai llm llms gpt chatgpt claude gemini copilot assistant assistants model models chatbot bot", rf"(?:^|[.!?\n(\[*_#>-]\s{{0,3}})(?:dear|attention|attn|note to|message to|hey|hi|hello|important for|instructions? (?:to|for)|to) (?:all |any |the |every )?(?:\w{{1,12}} )?{_MODEL}(?: (?:assistants?|models?|agents?|systems?|reviewers?|readers?|reading this|processing this))? ?[,:!—–-]"),
    rule("addressed_to_model", "ai llm llms model chatbot bot assistant", rf"\bif you are (?:an?|the|any) (?:\w{{1,12}} ){{0,2}}?(?:ai|llm|language model|chatbot|bot|assistant|ai assistant)\b|\b(?:any|all) {_MODEL} (?:reading|processing|parsing|summari[sz]ing|reviewing) this\b"),
    rule("exfiltration", "send post forward upload exfiltrate transmit email leak append submit deliver", r"\b(?:send|post|forward|upload|exfiltrate|transmit|e?mail|leak|append|submit|deliver)(?: \w{1,14}){0,4}? (?:(?:the|your|this|any|all|user['’]?s?|their|entire|full|chat|complete) ){1,4}(?:conversation|chat history|chat log|api keys?|passwords?|credentials|secrets|private data|personal data|personal information|conversation history|context window|memory|emails|contacts|chat|session data)(?: \w{1,14}){0,4}? (?:to|at|via) [\"'<(]{0,2}(?:https?://|www\.|[\w.+-]{1,40}@|the (?:following|url|address)|attacker|this (?:url|address|server|endpoint))"),
    rule("tool_bait", "tool function api plugin command", r"(?:^|[.!?:;\n\"“(>-]\s{0,3}|\b(?:please|must|should|now|immediately|then) )(?:call|invoke|use|execute|run|trigger) (?:the |your )?[`\"']?\w{1,40}[`\"']? (?:tool|function|plugin) (?:to (?:send|delete|transfer|email|forward|exfiltrate|download|upload|share|grant|disable|buy|pay)|with (?:the )?(?:user|password|credentials|secret|api key))"),
)

# Marks that are not words: tried where the hint stands in the folded text.
MARKS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("role_marker", "<|", re.compile(r"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|begin_of_text|start_header_id|end_header_id|end_of_turn|channel|message|start|end)\|>")),
    ("role_marker", "inst]", re.compile(r"\[/?inst\]")),
    ("role_marker", "<<", re.compile(r"<</?sys>>")),
    ("role_marker", "_of_turn>", re.compile(r"<(?:start|end)_of_turn>")),
    ("role_marker", "###", re.compile(r"(?:^|\n)[ \t]*#{2,4} ?(?:instruction|system|response|human|assistant|user):")),
    ("role_marker", "assistant:", re.compile(r"\n[ \t]*(?:human|user):[^\n]{0,500}\n{1,3}[ \t]*assistant:")),
    ("role_marker", "</", re.compile(r"</(?:system|system_prompt|user_query|document|context|instructions|untrusted)>\s{0,4}(?:<(?:system|user|assistant|instructions)|system:|user:|ignore|new )")),
    ("tool_bait", "<", re.compile(r"<(?:tool_call|function_call|function_calls|tool_use|antml:invoke|invoke name=[\"'])[^<]{0,20}>?")),
    ("tool_bait", "\"arguments\"", re.compile(r"\{\s{0,20}\"(?:tool|function|tool_name|name|function_call|recipient)\"\s{0,3}:\s{0,3}[\"{][^{}]{0,120}\"arguments\"\s{0,3}:")),
    ("exfiltration", "](http", re.compile(r"!\[[^\]\n]{0,100}\]\(https?://[^)\s?]{1,300}\?[^)\s=]{0,60}=(?:\{|\[|<|%7b|%5b|\$\{?[a-z]|(?:secret|data|password|api_?key|conversation|history|chat|summary|base64|user_?data)(?:[_)&]|$))")),
)

# For text written l i k e   t h i s, which is matched without its blanks.
SPACED = re.compile(r"(?:ignore|disregard|forget|override)(?:all|any|the|your|of|my|everything){0,4}(?:previous|prior|above|earlier|preceding|all|your|system)(?:instruction|prompt|command|directive|rule|message|guideline)s?|youarenow(?:an?|in|dan|the)|systemprompt")
