"""Rules for what pretends to come from the system, addresses a model, or bends its judgement."""

from vouch.validators.policy.rules import Rule, rule

# Names that no person and no thing besides has.
_MODEL = (
    r"(?:a\.?i\.?(?: (?:assistants?|agents?|models?|systems?|reviewers?|readers?|crawlers?|bots?|"
    r"tools?|"
    r"coding \w{1,12}))?|llms?(?: \w{1,12})?|(?:large )?language models?|chat ?gpt|gpt(?: "
    r"?\d\w{0,3})?|"
    r"chatbots?|ai based \w{1,12}|automated (?:screening|analysis|review|hiring|grading|ranking|"
    r"summari[sz]ation) (?:systems?|software|tools?|agents?|models?))"
)
_NAMED = r"(?:assistants?|agents?|bots?|models?|claude|gemini|copilot|llama|mistral)"
_START = r"(?:^|[.!?\n(\[*_#>\-:]\s{0,3})"
_DOES = (
    r"(?:reading|reviewing|processing|parsing|summari[sz]ing|indexing|evaluating|analy[sz]ing|"
    r"that (?:reads?|process(?:es)?|summari[sz]es?|reviews?))"
)
_REPLY = r"(?:repl(?:y|ies)|responses?|answers?|outputs?|messages?|summar(?:y|ies))"
_JUDGED = (
    r"(?:candidates?|applicants?|resumes?|résumés?|cvs?|papers?|submissions?|manuscripts?|"
    r"products?|"
    r"hotels?|compan(?:y|ies)|proposals?|applications?|pages?|sites?)"
)

NOTICES: tuple[Rule, ...] = (
    rule(
        "addressed_to_model",
        2,
        "ai llm llms gpt chatgpt model models chatbot chatbots automated & dear attention attn "
        "note "
        "notes message hey hello important instruction instructions hidden",
        rf"{_START}(?:important )?(?:dear|attention|attn|notes? (?:to|for|by)|message (?:to|for)|"
        rf"hey|hello|"
        rf"important (?:for|notice (?:to|for))|instructions? (?:to|for)|hidden \w{{1,14}}(?: "
        rf"\w{{1,14}})? "
        rf"for)"
        rf" (?:all |any |the |every |an? )?(?:\w{{1,12}} ){{0,2}}?{_MODEL}(?: {_DOES} this(?: "
        rf"\w{{1,12}})?)? "
        rf"?[,:!—–-]",
    ),
    rule(
        "addressed_to_model",
        2,
        "ai llm llms gpt chatgpt model models chatbot chatbots assistant bot & if visible "
        "addressed "
        "intended meant this these",
        rf"\bif you (?:are|['’]re) (?:an?|the|any) (?:\w{{1,12}} ){{0,2}}?(?:ai|llm|language model|"
        r"chatbot|(?:ai )?(?:assistant|agent|model|system|reviewer|bot|tool))(?: (?:assistant|"
        r"agent|model|"
        rf"reviewer|bot))?(?: ?[,:;]| {_DOES})|"
        rf"\b(?:any|all|dear|the|an?)? ?{_MODEL} {_DOES} (?:this|these|"
        rf"the) |"
        rf"\b(?:visible|addressed|intended|meant) (?:only )?(?:to|for) (?:the |an? |any "
        rf")?{_MODEL}\b",
    ),
    rule(
        "addressed_to_model",
        2,
        "ai llm llms agents assistants",
        rf"\(for (?:all |any )?{_MODEL}\) ?:|{_START}for (?:all |any )?{_MODEL} (?:only )?:",
    ),
    rule(
        "addressed_to_model",
        1,
        "assistant assistants agent agents bot bots model models claude gemini copilot llama "
        "mistral ai "
        "llm llms & dear attention attn note message hey hi hello instructions to must should "
        "has as",
        rf"{_START}(?:dear|attention|attn|note to|message to|hey|hi|hello|instructions? (?:to|"
        rf"for)|to) "
        rf"(?:all |any |the |every )?(?:{_NAMED}|{_MODEL}) ?[,:!]|\bthe assistant (?:must|should|"
        rf"has to|"
        rf"shall)\b|\bas (?:an?|the) (?:ai|assistant|language model)\b",
    ),
    rule(
        "addressed_to_model",
        2,
        "ki sprachmodell sprachmodelle ia modèle modèles modelo modelos modello modelli assistants "
        "asistentes assistenti",
        r"\b(?:hinweise?|nachricht|anweisung(?:en)?) (?:für|an) (?:alle |jede |die |eine )?(?:ki\b|"
        r"sprachmodelle?)|\b(?:note|message|instructions?) (?:à|pour|aux?)(?: l['’]| les| toute| "
        r"tout| une?)? ?"
        r"(?:ia\b|assistants? ia\b|modèles? de langage)|\b(?:nota|mensaje|instrucciones|mensagem|"
        r"instruções|messaggio|istruzioni) (?:para|a|per)(?: las?| los| cualquier| todos los| "
        r"os?| l['’]| gli)? "
        r"?(?:ia\b|asistentes? de ia\b|assistentes? de ia\b|assistenti ia\b|modelos? de "
        r"(?:lenguaje|linguagem)|"
        r"modell[oi] linguistic[oi])|\b(?:wenn|falls) (?:du|sie) (?:eine?|ein) (?:ki|"
        r"sprachmodell)\b|\bsi (?:tu es|"
        r"vous êtes|eres) une? (?:ia|modèle de langage|modelo de lenguaje)\b",
    ),
    rule(
        "system_notice",
        1,
        "system admin administrator developer système sistema systemhinweis systemnachricht "
        "система "
        "override",
        r"(?:^|\n)[\t\x20>*#\-=]{0,8}[\[<(*]{0,2}(?:(?:important|critical|urgent|new|hidden|end "
        r"of) )?"
        r"(?:note système|nota di sistema|nota del sistema|nota do sistema|systemhinweis|"
        r"systemnachricht|система|(?:system|admin|administrator|developer)(?: (?:prompt|message|"
        r"override|instructions?|notes?|notice|update|alert|directive))?|override)[\])>*]{0,3} ?:",
    ),
    rule(
        "system_notice",
        2,
        "system",
        r"(?:^|\n|[.!?] )[\t\x20>*#\-=]{0,8}[\[<(*]{0,2}(?:(?:important|critical|urgent|new|"
        r"hidden) )?system "
        r"(?:override|directive|update|alert|instruction)s?[\])>*]{0,3} ?:",
    ),
    rule(
        "reply_hook",
        2,
        "user users reply response answer summarize summarise & before when whenever after while "
        "end "
        "beginning start top bottom every each all",
        rf"\b(?:before|when|after|while) (?:you )?(?:answer(?:ing)?|respond(?:ing)?|reply(?:ing)?|"
        rf"summari[sz](?:e|ing)|generat(?:e|ing)) (?:to )?(?:the |this |any )?(?:users?\b|this "
        rf"(?:page|document|"
        rf"email|text|message|article)|(?:your|a) {_REPLY})|\bwhen(?:ever)? you summari[sz]e "
        rf"(?:this|it)\b|"
        rf"\bto the (?:end|beginning|start|top|bottom) of "
        rf"(?:your|every|each|any|all) (?:\w{{1,12}} )?{_REPLY}\b|\bin (?:every|each|all) "
        rf"(?:future|subsequent) "
        rf"{_REPLY}\b",
    ),
    rule(
        "reply_hook",
        2,
        "respond reply say answer read see process receive & if when once",
        r"\b(?:if|when) (?:you are |you['’]re |the |a )?(?:users? )?(?:is )?ask(?:ed|s)?(?: "
        r"\w{1,14}){0,8}?,? (?:\w{1,12} )?"
        r"(?:respond|reply|say|answer)(?: (?:only|just|simply|exactly))?(?: (?:with|that|by|"
        r"in)\b| [\"“<])|"
        r"\b(?:when|if|once) you (?:read|see|process|receive) this\b",
    ),
    rule(
        "reply_hook",
        1,
        "before",
        r"\bbefore (?:answering|responding|replying|continuing with the task|you (?:answer|"
        r"respond|reply|"
        r"continue|proceed)|doing anything else|completing the task)\b",
    ),
    rule(
        "reply_hook",
        2,
        "antwort antworten réponse réponses risposta risposte respuesta respuestas resposta",
        r"\b(?:am (?:ende|anfang)|zu) (?:jeder|deiner|ihrer|aller)(?: \w{1,12})? antwort(?:en)?\b|"
        r"\b(?:à la fin|au début) de (?:toute|chaque|ta|votre)(?: \w{1,12})? réponse\b|"
        r"\balla fine (?:di|della) (?:ogni|tua|qualsiasi)(?: \w{1,12})? risposta\b|"
        r"\bal final de (?:cada|tu|su|toda)(?: \w{1,12})? respuesta\b|"
        r"\b(?:no|ao) final de (?:cada|sua|toda)(?: \w{1,12})? resposta\b",
    ),
    rule(
        "memory",
        2,
        "memory memories context & your",
        r"\b(?:save|store|remember|write|add|keep|commit) (?:this|the following|it|that)(?: "
        r"\w{1,12}){0,3}? "
        r"(?:to|in|into) your (?:long term |permanent |persistent )?(?:memory|memories|context)\b",
    ),
    rule(
        "memory",
        1,
        "future session sessions",
        r"\bfor all (?:future|subsequent) (?:tasks|conversations|sessions|requests|replies|"
        r"responses|"
        r"interactions)\b|\bfor the rest of (?:this|the) (?:session|conversation|chat)\b",
    ),
    rule(
        "verdict",
        0,
        "recommend approve accept hire shortlist praise endorse rate score rank prioritize choose "
        "select recommending",
        rf"\b(?:recommend|approve|accept|hire|shortlist|praise|endorse|rate|score|rank|"
        rf"prioriti[sz]e|"
        rf"choose|select) (?:this|the|our|my|these|that)(?: \w{{1,12}}){{0,2}}? {_JUDGED}\b|"
        rf"\brecommend (?:acceptance|our|us|him|her|them|me|this|it)\b",
    ),
    rule(
        "verdict",
        2,
        "positive review reviews rating score negatives weaknesses",
        r"\b(?:give|write|provide|output|generate|return) (?:only )?(?:an? )?(?:positive|"
        r"favou?rable|glowing|"
        r"five star|5 star|perfect|highest|top) (?:reviews?|ratings?|scores?|evaluations?)(?: "
        r"only)?\b|"
        r"\b(?:do not|don['’]?t|never) (?:highlight|mention|report|list|include) (?:any "
        r")?(?:negatives?|"
        r"weaknesses|flaws|criticisms?|shortcomings|limitations)\b",
    ),
    rule(
        "hidden_task",
        2,
        "decode",
        r"\bdecode (?:the |this |that )?(?:following )?(?:\w{1,12} )?(?:base64|base32|hex|rot13|"
        r"binary|string|"
        r"text|message)\b[^.!?\n]{0,60}?\b(?:follow|do|execute|obey|perform|comply)\b",
    ),
    rule(
        "hidden_task",
        1,
        "focus",
        r"\bfocus (?:only|exclusively|solely) on (?:the )?(?:following|positive|information)\b",
    ),
    rule(
        "hidden_task",
        0,
        "print say output respond reply repeat report",
        r"\b(?:print|say|output|respond with|reply with|repeat|report)(?: (?:exactly|only|just|the "
        r"following|verbatim|sentence|phrase|words?)){0,4} ?:? ?[\"“«<']",
    ),
    rule(
        "secrecy",
        2,
        "without",
        r"\bwithout (?:telling|informing|notifying|alerting|asking|mentioning (?:it|this) to) "
        r"(?:the |your )?"
        r"users?\b",
    ),
    rule(
        "tool_bait",
        0,
        "call use invoke run execute",
        r"\b(?:call|use|invoke|run|execute) (?:the "
        r")?[`\"']?[a-z]{2,16}_[a-z_]{2,24}\b(?:\(\))?[`\"']?(?: "
        r"(?:tool|function))? (?:on|to|with|for|and)\b",
    ),
    rule(
        "exfiltration",
        1,
        "email send forward post upload leak",
        r"\b(?:e ?mail|send|forward|post|upload|leak)(?: (?:it|them|the|all|full|entire|your|our|"
        r"every|"
        r"customer|user|client|order|personal|private|emails?|api keys?|list|data|files?|records?|"
        r"contacts?|summary|text|and)){1,7} (?:externally|to [\w.+-]{1,40}@|to https?://)",
    ),
)
