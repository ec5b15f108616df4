"""Rules for other instructions to a language model instead of the reader, in English."""

from vouch.validators.policy.rules import Rule, rule

_MODEL = (
    r"(?:a\.?i\.?|llms?|language models?|large language models?|chat ?gpt|gpt|claude|gemini|"
    r"copilot|chatbots?|"
    r"bots?|agents?|assistants?)"
)
_ROLE = (
    r"(?:assistant|ai|bot|chatbot|model|hacker|pirate|expert|character|agent|translator|terminal|"
    r"persona|system|human|"
    r"unrestricted|uncensored|unfiltered|evil|jailbroken|free|dan|machine|interpreter|villain|"
    r"tutor|poet|advisor)"
)

INSTRUCTIONS: tuple[Rule, ...] = (
    rule(
        "role_change",
        "you",
        r"\byou are now(?: (?:going to (?:be|act)|an?|the|my|in|known as|called|acting as|"
        r"operating as|no "
        rf"longer)){{0,2}}(?: \w{{1,16}}){{0,3}}? "
        rf"(?:{_ROLE}|developer mode|god mode|bound|restricted|limited by)\b",
    ),
    rule(
        "role_change",
        "act pretend roleplay behave",
        r"\b(?:act|behave|respond|roleplay|role play) as (?:if you (?:are|were|have)|though you|"
        r"an? (?:\w{1,16} "
        r")?(?:unrestricted|uncensored|unfiltered|evil|dan\b))",
    ),
    rule(
        "role_change",
        "pretend imagine",
        rf"\b(?:pretend|imagine) (?:that )?(?:to be|you are|you['’]re|you have no)(?: "
        rf"\w{{1,16}}){{0,4}}? {_ROLE}\b",
    ),
    rule("role_change", "now", r"\bfrom now on you (?:will|must|shall|are|should|have|only|can)\b"),
    rule(
        "role_change",
        "mode dan jailbreak",
        r"\b(?:developer|god|dan|jailbreak|sudo|unrestricted) mode (?:is |has been )?(?:now "
        r")?(?:enabled|activated|"
        r"engaged|unlocked)\b|\bdo anything now\b",
    ),
    rule(
        "system_prompt",
        "prompt instructions prompts",
        r"\b(?:reveal|print|repeat|show|output|leak|disclose|tell|share|display|expose|recite|"
        r"summari[sz]e|dump|"
        r"give|write)(?: \w{1,12}){0,3}? "
        r"(?:your|the) (?:\w{1,12} ){0,2}?(?:system prompts?|initial prompts?|hidden prompts?|"
        r"secret prompts?|"
        r"original prompts?|"
        r"(?:system|initial|hidden|secret|original|internal|confidential) instructions|prompt "
        r"verbatim|words above|text above)",
    ),
    rule(
        "system_prompt",
        "instructions prompt",
        r"\bwhat (?:are|were|is|was) your (?:\w{1,12} ){0,2}?(?:instructions|prompt|system "
        r"prompt)\b",
    ),
    rule(
        "system_prompt",
        "system",
        r"(?:^|\n)[\t\x20>*#-]{0,6}[\[<(*]{0,2}(?:new )?system(?: (?:prompt|message|override|"
        r"instruction|note|"
        r"update|alert))?[\])>*]{0,3}: ?(?:you\b|ignore|the (?:assistant|ai|user)|from now|your)",
    ),
    rule(
        "secrecy",
        "user users human humans person reader",
        r"\b(?:do not|don['’]?t|never|must not)(?: ever)? (?:tell|inform|alert|mention|reveal|"
        r"disclose|notify|say)(?: (?:this|any of this|it|anything|these|about|that|instructions?|"
        r"to)){0,3} "
        r"(?:to )?(?:the|your|any|our) (?:end )?(?:users?|humans?|person|reader|owner)\b",
    ),
    rule(
        "secrecy",
        "instructions instruction message prompt",
        r"\b(?:do not|don['’]?t|never) (?:mention|reveal|disclose|acknowledge|discuss|repeat|"
        r"show)(?: "
        r"\w{1,12}){0,2}? (?:this|these|that you|your) (?:\w{1,12} )?(?:instructions?|message|"
        r"prompt|"
        r"directives?)\b",
    ),
    rule(
        "addressed_to_model",
        "ai llm llms gpt chatgpt claude gemini copilot assistant assistants model models chatbot "
        "bot",
        rf"(?:^|[.!?\n(\[*_#>-]\s{{0,3}})(?:dear|attention|attn|note to|message to|hey|hi|hello|"
        rf"important for|"
        rf"instructions? (?:to|for)|to) (?:all |any |the |every )?(?:\w{{1,12}} )?{_MODEL}(?: "
        rf"(?:assistants?|"
        r"models?|agents?|systems?|reviewers?|readers?|reading this|processing this))? ?[,:!—–-]",
    ),
    rule(
        "addressed_to_model",
        "ai llm llms model chatbot bot assistant",
        rf"\bif you are (?:an?|the|any) (?:\w{{1,12}} ){{0,2}}?(?:ai|llm|language model|chatbot|"
        rf"bot|assistant|ai "
        rf"assistant)\b|\b(?:any|all) {_MODEL} (?:reading|processing|parsing|summari[sz]ing|"
        rf"reviewing) this\b",
    ),
    rule(
        "exfiltration",
        "send post forward upload exfiltrate transmit email leak append submit deliver",
        r"\b(?:send|post|forward|upload|exfiltrate|transmit|e?mail|leak|append|submit|deliver)(?: "
        r"\w{1,14}){0,4}? "
        r"(?:(?:the|your|this|any|all|user['’]?s?|their|entire|full|chat|complete) "
        r"){1,4}(?:conversation|chat "
        r"history|chat log|api keys?|passwords?|credentials|secrets|private data|personal data|"
        r"personal "
        r"information|conversation history|context window|memory|emails|contacts|chat|session "
        r"data)(?: "
        r"\w{1,14}){0,4}? (?:to|at|via) [\"'<(]{0,2}(?:https?://|www\.|[\w.+-]{1,40}@|the "
        r"(?:following|url|"
        r"address)|attacker|this (?:url|address|server|endpoint))",
    ),
    rule(
        "tool_bait",
        "tool function api plugin command",
        r"(?:^|[.!?:;\n\"“(>-]\s{0,3}|\b(?:please|must|should|now|immediately|then) )(?:call|"
        r"invoke|use|execute|"
        r"run|trigger) (?:the |your )?[`\"']?\w{1,40}[`\"']? (?:tool|function|plugin) (?:to "
        r"(?:send|delete|"
        r"transfer|email|forward|exfiltrate|download|upload|share|grant|disable|buy|pay)|with "
        r"(?:the )?(?:user|"
        r"password|credentials|secret|api key))",
    ),
)
