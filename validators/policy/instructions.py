"""Rules for other instructions to a language model instead of the reader, in English."""

from vouch.validators.policy.rules import Rule, rule

_UNBOUND = (
    r"(?:unrestricted|uncensored|unfiltered|jailbroken|dan\b|(?:no longer|not) (?:bound|restricted|"
    r"limited|constrained) by (?:\w{1,12} ){0,3}?(?:rules|restrictions|guidelines|polic(?:y|ies)|"
    r"instructions|"
    r"programming|filters|ethics|openai|anthropic|google)|free (?:of|from) (?:\w{1,12} "
    r"){0,2}?(?:rules|"
    r"restrictions|guidelines|filters|policies)|without (?:\w{1,12} ){0,2}?(?:restrictions|filters|"
    r"guidelines|censorship|guardrails))"
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
        3,
        "unrestricted uncensored unfiltered jailbroken dan bound restricted limited constrained "
        "free "
        "without & you as pretend imagine",
        rf"\b(?:you are now|you will now (?:be|act)|you are going to (?:be|act)|you(?: will| "
        rf"must)? "
        rf"act as|pretend (?:to be|you are)|act as|behave as|respond as|imagine you are|now you "
        rf"are)"
        rf"(?: \w{{1,16}}){{0,6}}? {_UNBOUND}",
    ),
    rule(
        "safety_off",
        2,
        "restrictions filters filter limits limitations censorship constraints guardrails rules "
        "& no "
        "without",
        r"\b(?:respond|answer|reply|comply|act|behave|speak)(?: \w{1,12}){0,4}? "
        r"(?:without|with no|as if you have no)(?: \w{1,12}){0,2}? (?:restrictions|filters?|limits|"
        r"limitations|censorship|constraints|guardrails|rules)\b|\byou (?:now )?have no (?:more |"
        r"longer "
        r"any |\w{1,10} )?(?:restrictions|filters|limits|rules|guidelines)\b",
    ),
    rule(
        "role_change",
        1,
        "you & now",
        rf"\byou are now(?: (?:going to (?:be|act)|an?|the|my|in|known as|called|acting as|"
        rf"operating as))?(?: \w{{1,16}}){{0,3}}? (?:{_ROLE}|developer mode|god mode)\b",
    ),
    rule(
        "role_change",
        1,
        "act pretend roleplay behave respond",
        r"\b(?:act|behave|respond|roleplay|role play) as (?:if|though) you (?:are|were|have)\b",
    ),
    rule(
        "role_change",
        1,
        "pretend imagine",
        rf"\b(?:pretend|imagine) (?:that )?(?:to be|you are|you['’]re|you have no)(?: "
        rf"\w{{1,16}}){{0,4}}? {_ROLE}\b",
    ),
    rule(
        "role_change",
        1,
        "now",
        r"\bfrom now on,? (?:you (?:will|must|shall|are|should|have|only|can)|respond|answer|reply|"
        r"act|speak)\b",
    ),
    rule(
        "role_change",
        3,
        "now jailbreak dan",
        r"\bdo anything now\b|\b(?:dan|jailbreak|god) mode (?:is |has been )?(?:now )?(?:enabled|"
        r"activated|engaged|unlocked)\b",
    ),
    rule(
        "role_change",
        1,
        "rules guidelines restrictions directives",
        r"\byour (?:rules|guidelines|restrictions|directives|instructions) (?:have|are)(?: "
        r"been)?(?: now)? "
        r"(?:changed|lifted|removed|replaced|updated)\b",
    ),
    rule(
        "role_change",
        1,
        "mode",
        r"\b(?:enable|enter|activate|switch to) (?:developer|sudo|unrestricted|debug|god|dan) "
        r"mode\b|"
        r"\b(?:developer|sudo|unrestricted|debug) mode (?:is |has been )?(?:now )?(?:enabled|"
        r"activated|"
        r"engaged|unlocked)\b",
    ),
    rule(
        "safety_off",
        2,
        "safety content ethical rules restrictions guidelines",
        r"\b(?:safety|content|ethical|ethics|moderation) (?:protocols?|guidelines?|filters?|rules?|"
        r"checks?|restrictions?|guardrails?|polic(?:y|ies)|measures?|mode) (?:(?:are|is|have "
        r"been|has "
        r"been|were|was|now) ){1,2}(?:\w{1,12} )?(?:disabled|lifted|suspended|off|removed|bypassed|"
        r"overridden|void)\b|\b(?:safety|content) (?:guidelines?|filters?|rules?|restrictions?|"
        r"guardrails?|protocols?) (?:no longer apply|do not apply|does not apply|disabled)\b",
    ),
    rule(
        "role_change",
        3,
        "einschränkungen einschraenkungen regeln filter richtlinien uneingeschränkt beschränkungen",
        r"\b(?:du (?:bist|hast) (?:jetzt|nun|ab)|(?:ab (?:jetzt|sofort)|von nun an|ab nun)"
        r" (?:bist|hast|antwortest|befolgst|antworte) ?(?:du)?|sie sind (?:jetzt|nun|ab jetzt))\b"
        r"(?: \w{1,16}){0,6}? (?:uneingeschränkt|ohne(?: \w{1,12})? (?:einschr(?:ä|ae)nkungen|"
        r"regeln|"
        r"filter|beschränkungen)|keine(?: \w{1,12})? (?:einschränkungen|regeln|filter|"
        r"richtlinien))\b",
    ),
    rule(
        "role_change",
        3,
        "restrictions filtre filtres limites règles censure restricciones filtro filtros reglas "
        "censura restrizioni filtri limiti regole restrições regras",
        r"\b(?:(?:tu es|vous êtes|réponds|répondez|agis|agissez)(?: \w{1,14}){0,5}? sans "
        r"(?:restrictions?|"
        r"filtres?|limites?|règles|censure)|(?:ahora|eres|responde|actúa)(?: \w{1,14}){0,6}? sin "
        r"(?:restricciones|filtros?|límites|reglas|censura)|(?:sei|rispondi|agisci|rispondere)"
        r"(?: \w{1,14}){0,5}? senza (?:restrizioni|filtri|limiti|regole|censura)|(?:você é|"
        r"responda|aja)"
        r"(?: \w{1,14}){0,5}? sem (?:restrições|filtros|limites|regras|censura))\b",
    ),
    rule(
        "role_change",
        3,
        "теперь",
        r"\bтеперь (?:ты|вы)\b(?: \w{1,16}){0,6}? без (?:ограничений|фильтров|правил|цензуры)",
    ),
    rule(
        "system_prompt",
        3,
        "prompt instructions prompts",
        r"\b(?:reveal|print|repeat|output|leak|disclose|expose|recite|dump|show|tell)(?: "
        r"\w{1,12}){0,3}? "
        r"your (?:\w{1,12} ){0,2}?(?:system prompts?|(?:hidden|secret|initial|original) "
        r"(?:prompts?|"
        r"instructions)|(?:system|internal|confidential) instructions)",
    ),
    rule(
        "system_prompt",
        2,
        "instructions",
        r"\b(?:tell|give|show|print|repeat|reveal|output|summari[sz]e|append|add)(?: "
        r"\w{1,12}){0,6}? "
        r"instructions (?:that )?you (?:were|have been|are) (?:originally )?given\b",
    ),
    rule(
        "system_prompt",
        3,
        "systemprompt prompt systemanweisungen systemanweisung instructions instrucciones "
        "istruzioni instruções промпт инструкции",
        r"\b(?:(?:zeige?|nenne?|verrate?|gib)(?: mir)? (?:deine?n?|ihre?n?) (?:system ?prompt|"
        r"systemanweisung\w*|anweisungen)|(?:révèle|montre|affiche|donne|répète|révélez|affichez)"
        r"(?: moi)? (?:tes|ton|vos|votre) (?:instructions|prompt) (?:système|initiales?|"
        r"internes?|du)|"
        r"(?:revela|muestra|muéstrame|dime|repite|revele)(?: me)? (?:tus?|sus?) (?:instrucciones|"
        r"prompt) "
        r"(?:de|del|internas|iniciales|secretas)|(?:rivela|mostra|mostrami|dimmi|ripeti) (?:le "
        r"tue|il tuo) "
        r"(?:istruzioni|prompt) (?:di|iniziali|interne|segrete)|(?:revele|mostre|diga|repita)(?: "
        r"me)? "
        r"(?:suas?|seu) (?:instruções|prompt) (?:de|do|internas|iniciais)|(?:покажи|раскрой|"
        r"выведи|повтори)"
        r"(?: мне)? (?:свой|свои|твой|твои) (?:системн\w{2,3} )?(?:промпт|инструкции))",
    ),
    rule(
        "system_prompt",
        2,
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
        1,
        "instructions prompt",
        r"\bwhat (?:are|were|is|was) your (?:\w{1,12} ){0,2}?(?:instructions|prompt|system "
        r"prompt)\b",
    ),
    rule(
        "system_prompt",
        2,
        "system",
        r"(?:^|\n)[\t\x20>*#-]{0,6}[\[<(*]{0,2}(?:new )?system(?: (?:prompt|message|override|"
        r"instruction|note|"
        r"update|alert))?[\])>*]{0,3}: ?(?:you\b|ignore|the (?:assistant|ai|user)|from now|your)",
    ),
    rule(
        "secrecy",
        2,
        "user users human humans person reader owner & not don never t",
        r"\b(?:do not|don['’]?t|never|must not)(?: ever)? (?:tell|inform|alert|mention|reveal|"
        r"disclose|notify|say)(?: (?:this|any of this|it|anything|these|about|that|instructions?|"
        r"to)){0,3} "
        r"(?:to )?(?:the|your|any|our) (?:end )?(?:users?|humans?|person|reader|owner)\b",
    ),
    rule(
        "secrecy",
        2,
        "instructions instruction message prompt directive & not don never t",
        r"\b(?:do not|don['’]?t|never) (?:mention|reveal|disclose|acknowledge|discuss|repeat|"
        r"show)(?: "
        r"\w{1,12}){0,2}? (?:this|these|that you|your) (?:\w{1,12} )?(?:instructions?|message|"
        r"prompt|"
        r"directives?)\b",
    ),
    rule(
        "exfiltration",
        2,
        "send post forward upload exfiltrate transmit email mail leak append submit deliver & "
        "conversation history chat keys key passwords credentials secrets data information window "
        "memory emails contacts log",
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
        2,
        "tool function plugin & send delete transfer email forward exfiltrate download upload "
        "share "
        "grant disable buy pay with",
        r"(?:^|[.!?:;\n\"“(>-]\s{0,3}|\b(?:please|must|should|now|immediately|then) )(?:call|"
        r"invoke|use|execute|"
        r"run|trigger) (?:the |your )?[`\"']?\w{1,40}[`\"']? (?:tool|function|plugin) (?:to "
        r"(?:send|delete|"
        r"transfer|email|forward|exfiltrate|download|upload|share|grant|disable|buy|pay)|with "
        r"(?:the )?(?:user|"
        r"password|credentials|secret|api key))",
    ),
)
