"""Rules for text that tries to shape the model's answer or to give it another task, in English."""

from vouch.validators.policy.rules import Rule, rule, words

_ANSWER = r"(?:response|reply|replies|answers?|responses|messages?|output|summary)"
_ADD = (
    r"(?:add|include|integrate|insert|append|incorporate|modify|augment|enhance|convert|replace|"
    r"substitute|"
    r"rearrange|scramble|remove|"
    r"group|combine|render|provide|write|give|translate|encode|encrypt|begin|start|end|finish|"
    r"conclude|"
    r"misspell|introduce|jumble|"
    r"anagram|format|reverse|mention|weave|embed|adjust|alter|deliver|present|express|phrase|"
    r"compose|formulate|reorder|shuffle|"
    r"use|make|change|swap|prefix|suffix|preface|close|open|sprinkle|hide|conceal)"
)

# What nobody asks a person to do with an answer.
_GARBLE = (
    r"(?:encode|encrypt|scramble|jumble|anagram|misspell|reverse|shuffle|rearrange|reorder|"
    r"substitute|"
    r"swap|replace|remove|insert|introduce|convert|render|group|combine|sprinkle|add|use|change)"
)
_LETTERS = (
    r"(?:letters?|vowels?|consonants?|characters?|syllables?|spaces?|anagrams?|emojis?|homophones?|"
    r"misspellings?|typos?|gibberish|every (?:\w{1,12} )?words?|random (?:\w{1,12} )?words|"
    r"(?:\w{1,12} )?spelling|all (?:\w{1,12} )?words?|digits?|morse code|base64|caps|leetspeak)"
)

ANSWERS: tuple[Rule, ...] = (
    rule(
        "output_control",
        3,
        "response reply answer replies answers responses message output & your",
        rf"\b{_GARBLE}{words(6)} {_LETTERS}{words(8)} (?:in|to|into|of|from|with|within|for|"
        rf"throughout) "
        rf"(?:all |each |every )?(?:of )?your (?:(?:next|final|entire|whole|own|future|every) "
        rf")?{_ANSWER}\b|"
        rf"\b(?:encode|encrypt|scramble|jumble|anagram|misspell|shuffle) (?:all |every "
        rf"\w{{1,12}} (?:in|of) )?"
        rf"(?:of )?your (?:(?:next|final|entire|whole|own) )?{_ANSWER}\b|"
        rf"\b(?:in|of|from|throughout) your (?:(?:next|final|entire|whole|own) "
        rf")?{_ANSWER},?{words(3)} "
        rf"{_GARBLE}{words(6)} {_LETTERS}\b",
    ),
    rule(
        "output_control",
        1,
        "only & respond reply answer output speak write",
        r"\b(?:respond|reply|answer|output|speak|write back)(?: \w{1,12}){0,2}? (?:only|"
        r"exclusively|solely) "
        r"(?:with|in|using|by|as)\b|\b(?:only|exclusively) (?:respond|reply|answer) (?:with|in|"
        r"using|by|as)\b|"
        r"\b(?:respond|reply) with only\b",
    ),
    rule(
        "output_control",
        1,
        "response reply answer replies answers responses message output summary & your",
        rf"(?:^|[.!?:;\n\"“)\]>-]\s{{0,3}}|\b(?:please|must|should|to|and|then|also|instead|"
        rf"always) ){_ADD}(?: "
        rf"[\"“'][^\"”\n]{{1,160}}[\"”'])?{words(14)} (?:in|to|into|of|from|with|within|for|"
        rf"throughout|at|on|by)(?: "
        rf"the \w{{1,12}} of)? your (?:(?:next|final|entire|whole|own|future|every) )?{_ANSWER}\b",
    ),
    rule(
        "output_control",
        1,
        "response reply answer message",
        rf"(?:^|[.!?:;\n\"“(>-]\s{{0,3}}){_ADD} (?:your|all your) (?:(?:next|final|entire|whole|"
        rf"own) )?{_ANSWER}\b",
    ),
    rule(
        "output_control",
        1,
        "response reply answer",
        r"(?:^|[.!?:;\n\"“(>-]\s{0,3})(?:in|with|throughout|at the (?:end|beginning|start|top|"
        r"bottom) of) (?:your|"
        r"every|each) (?:(?:next|final|entire|whole|own) )?(?:response|reply|answer) ?, ?\w",
    ),
    rule(
        "output_control",
        1,
        "response reply answer",
        r"\b(?:every|each|all)(?: \w{1,12}){0,2}? (?:in|of|from) your (?:response|reply|answer|"
        r"message)s?\b|\byour "
        r"(?:entire |whole |next |final )?(?:response|reply|answer|message)s? (?:must|should|has "
        r"to|have to|shall|"
        r"needs to|will) (?:be|contain|include|start|begin|end|consist|always|only|use|have|"
        r"mention)\b",
    ),
    rule(
        "output_control",
        1,
        "respond reply answer",
        r"(?:^|[.!?:;\n\"“(>-]\s{0,3})(?:respond|reply|answer|speak|talk)(?: (?:to|this|the|me|"
        r"everything|all|"
        r"questions?|user|messages?|every|my|following)){0,4} (?:in|using|with|like|as) (?:an? |"
        r"the |only |random |"
        r"made up |fake )?(?:\w{1,14} )?(?:emojis?|pirate|french|german|spanish|klingon|rhymes?|"
        r"anagrams?|code "
        r"words?|morse|leetspeak|riddles?|questions|haikus?|typos|uppercase|capital letters|pig "
        r"latin|base64|"
        r"numbers|binary)\b",
    ),
    rule(
        "output_control",
        1,
        "letter letters word words vowel vowels",
        r"\b(?:replace|misspell|anagram|reverse|scramble|convert|capitali[sz]e) (?:every|each|all) "
        r"(?:\w{1,12} "
        r")?(?:letter|word|vowel|consonant)s? (?:with|in|by|to|of)\b",
    ),
    rule(
        "off_topic_task",
        1,
        "poem story essay letter speech song haiku joke limerick sonnet article tale lyrics",
        r"(?:^|[.!?:;\n\"“)>-]\s{0,3}|\b(?:please|instead|you|and|then|also) )(?:write|compose|"
        r"draft|provide|"
        r"create|generate|develop|tell|produce|craft|pen)(?: (?:me|us))?(?: \w{1,14}){0,5}? "
        r"(?:poem|story|essay|"
        r"letter|speech|song|haiku|joke|limerick|sonnet|tale|lyrics) (?:about|on|for|to|based|of|"
        r"in|describing|"
        r"that|from|with|set)\b",
    ),
    rule(
        "off_topic_task",
        1,
        "translate spanish french german japanese chinese russian italian",
        r"\btranslate (?:the )?(?:following|this|these|above|sentence|phrase|word|text|"
        r"['\"“‘])[^\n]{0,80}? (?:to|"
        r"into) (?:\w{1,12} )?(?:spanish|french|german|japanese|chinese|russian|italian|portuguese|"
        r"korean|arabic|"
        r"hindi|english|latin)\b|\bprovide the (?:spanish|french|german|japanese|chinese|russian|"
        r"italian|english) "
        r"(?:equivalent|translation|word)",
    ),
    rule(
        "off_topic_task",
        1,
        "you & can could would will",
        r"(?:^|[.!?:;\n\"“>-]\s{0,3})(?:hey |hi |hello )?(?:can|could|would|will) you (?:please |"
        r"kindly |also "
        r")?(?:show|write|explain|tell|give|help|translate|suggest|recommend|summari[sz]e|list|"
        r"describe|calculate|"
        r"find|provide|create|generate)(?: me| us)? (?:an?|the|some|how|what|why|with|about|if|to|"
        r"in|more|"
        r"me)\b[^\n?]{0,160}\?",
    ),
    rule(
        "foreign_code",
        1,
        "code & following subsequent below ensuing",
        r"\b(?:following|subsequent|below|ensuing)(?: \w{1,12})? code (?:block|snippet|excerpt|"
        r"section|fragment|"
        r"segment|piece)\b(?: \w{1,16}){0,8}? (?:your|the)(?: \w{1,16}){0,4}? (?:code|codebase|"
        r"implementation|"
        r"solution|algorithm|elucidation|response|answer|reply|code base)\b",
    ),
    rule(
        "foreign_code",
        1,
        "code & following subsequent below ensuing",
        r"\b(?:your|the) (?:code|codebase|implementation|solution|algorithm|response|answer|reply|"
        r"elucidation)\b(?: \w{1,16}){0,8}? (?:the )?(?:following|subsequent|below|ensuing)(?: "
        r"\w{1,12})? code "
        r"(?:block|snippet|excerpt|section|fragment|segment|piece)\b",
    ),
)
