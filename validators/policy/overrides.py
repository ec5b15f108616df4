"""Rules for "ignore all previous instructions" in the languages where it is most frequent."""

from vouch.validators.policy.rules import Rule, rule

_EN_VERB = (
    r"\b(?:ignore|disregard|forget|override|bypass|neglect|overlook|discard|dismiss|abandon|skip)"
)
_EN_FILL = (
    r"(?:all|any|the|every|each|of|and|or|these|those|this|other|such|that|were|was|been|have|may|"
    r"you|to|in|it|"
    r"about|both)"
)
_EN_KEY = (
    r"(?:previous|previously|prior|above|preceding|earlier|foregoing|former|initial|original|past|"
    r"your|my|"
    r"system|safety|aforementioned|"
    r"given|existing|programmed|ethical|following|all)"
)
_EN_NOUN = (
    r"(?:instructions?|directives?|guidelines?|guardrails?|directions|orders|system prompts?)\b"
)
_EN_WEAK_KEY = r"(?:previous|previously|prior|preceding|earlier|foregoing|your|aforementioned)"
_EN_WEAK = (
    r"(?:prompts?|commands?|rules?|contexts?|messages?|programming|training|restrictions?|tasks?|"
    r"conversations?|questions?|requests?)\b"
)

_ENGLISH = (
    rule(
        "override_instructions",
        2,
        "ignore disregard forget override bypass neglect overlook discard dismiss abandon skip",
        rf"{_EN_VERB}(?: {_EN_FILL}){{0,4}} {_EN_KEY}(?: (?:{_EN_FILL}|{_EN_KEY}|"
        rf"\w{{1,12}})){{0,4}}? {_EN_NOUN}",
    ),
    rule(
        "override_instructions",
        2,
        "ignore disregard forget override bypass neglect overlook discard dismiss abandon skip",
        rf"{_EN_VERB}(?: {_EN_FILL}){{0,4}} {_EN_WEAK_KEY}(?: (?:{_EN_FILL}|{_EN_KEY})){{0,4}} "
        rf"{_EN_WEAK}",
    ),
    rule(
        "override_instructions",
        2,
        "ignore disregard forget",
        r"\b(?:ignore|disregard|forget) (?:everything|anything|all|whatever)(?: (?:of|that|which|"
        r"else|the)){0,2} "
        r"(?:(?:was|were|is) (?:written|said|stated) (?:above|before)|you (?:were|have been)|"
        r"i (?:said|told)|"
        r"(?:said|told|written|stated|instructed) (?:above|before|earlier|so far|until now)|"
        r"(?:above|before|prior "
        r"to) (?:this|and)\b)",
    ),
    rule(
        "override_instructions",
        2,
        "instructions directives guidelines",
        r"\b(?:do not|don['’]?t|never|stop) (?:follow|following|obey|obeying|heed|comply with|"
        r"listen to)(?: \w{1,12}){0,3} "
        r"(?:previous|prior|above|earlier|original|initial|system|other|your)(?: \w{1,12}){0,2} "
        r"(?:instructions?|"
        r"directives?|guidelines?)\b",
    ),
    rule(
        "override_instructions",
        2,
        "instructions prompts directives",
        r"\b(?:previous|prior|above|earlier|original|initial|preceding)(?: \w{1,12}){0,2} "
        r"(?:instructions?|"
        r"prompts?|directives?) "
        r"(?:are|is|should|must|have|has|no)(?: (?:be|been|now|hereby|longer)){0,3} "
        r"(?:ignored|void|overridden|cancell?ed|obsolete|invalid|disregarded|revoked|suspended|"
        r"superseded|apply|replaced)\b",
    ),
    rule(
        "override_instructions",
        3,
        "instructions prompts directives",
        r"\b(?:all|any|your)(?: \w{1,12})? (?:previous|prior|above|earlier|original|initial|"
        r"preceding|existing|system)(?: \w{1,12})? (?:instructions?|prompts?|directives?) (?:are|"
        r"is)"
        r"(?: (?:now|hereby))? (?:void|overridden|cancell?ed|obsolete|disregarded|revoked|"
        r"suspended|"
        r"superseded)\b",
    ),
    rule(
        "override_instructions",
        1,
        "instructions instruction directives directive",
        r"\b(?:new|updated|real|actual|secret|your new) (?:system )?(?:instructions?|directives?)"
        r"(?: ?:| (?:is|are) to\b| supersedes?\b| override\b)",
    ),
    rule(
        "override_instructions",
        2,
        "ignore bypass skip disable override",
        r"\b(?:ignore|bypass|skip|disable|override) (?:all |any |the |your |every )?(?:of (?:the|"
        r"your) )?"
        r"(?:safety|content|ethical|moral|security) (?:rules|checks|filters?|guidelines|protocols|"
        r"guardrails|polic(?:y|ies)|restrictions|measures)\b",
    ),
    rule(
        "override_instructions",
        2,
        "ignore disregard forget",
        r"\b(?:ignore|disregard|forget) (?:the (?:rest|remainder|content|contents)|everything else|"
        r"all other (?:text|content|data|information))(?: of| in)?(?: (?:this|the|these|that))?"
        r"(?: \w{1,12})?(?: and)? (?:instead |just |only |simply )?(?:print|say|output|respond|"
        r"reply|"
        r"focus|answer|tell|report|recommend|return)\b",
    ),
    rule(
        "override_instructions",
        2,
        "ignore disregard",
        r"\b(?:ignore|disregard) (?:all |any |the |every )?negative (?:indicators?|points?|"
        r"aspects?|"
        r"feedback|remarks?|comments?|information|signals?|findings?)\b|\bignore them and "
        r"instead\b|"
        r"\bignore the users? (?:and|or|who|instead)\b",
    ),
)

_OTHER_LANGUAGES = (
    rule(
        "override_instructions",
        2,
        "alles",
        r"\b(?:vergiss|vergesst|ignoriere?|ignoriert|vergessen sie|ignorieren sie) alles(?: was "
        r"(?:wir|du|sie|ihr|ich|dir|ihnen|hier|davor|vorher|bisher|oben|zuvor)\b| (?:vorherige|"
        r"bisherige|davor|zuvor|oben))",
    ),
    rule(
        "override_instructions",
        2,
        "anweisungen instructions instrucciones instruções istruzioni consignes regeln règles "
        "reglas",
        r"\b(?:vergiss|vergesst|ignoriere?|oubli(?:e|ez)|ignor(?:e|ez|a|ate)|olvid(?:a|e|en)|"
        r"esque(?:ça|ce)|dimentica(?:te)?) (?:alle|toutes|todas|tutte)(?: (?:deine|ihre|tes|vos|"
        r"les|"
        r"tus|sus|las|as|suas|tuas|le|tue))?(?: tue)? (?:anweisungen|instructions|consignes|"
        r"règles|regeln|"
        r"instrucciones|reglas|instruções|regras|istruzioni|regole)\b",
    ),
    rule(
        "override_instructions",
        2,
        "tout todo tudo tutto всё все",
        r"\b(?:oubli(?:e|ez)|ignor(?:e|ez|a)|olvida|olvide|esque(?:ça|ce)|dimentica|забудь|"
        r"забудьте)"
        r" (?:tout|todo|tudo|tutto|вс[её])(?: ce| lo| o| quello| ciò|,)? (?:qui précède|"
        r"qu['’](?:on|il|elle)|que (?:te|se|le|nous|vous|foi|está)|anterior|che (?:ti|ho|è|hai|"
        r"precede)|"
        r"что (?:было|тебе|я|мы)|précédent|precedente)",
    ),
    rule(
        "override_instructions",
        2,
        "anweisungen anweisung instruktionen befehle vorgaben regeln richtlinien prompts prompt "
        "aufforderungen",
        r"\b(?:ignorier\w{0,4}|vergiss|vergesst|vergessen|missachte\w{0,2}|verwirf|"
        r"überschreibe?\w?|übergeh\w{0,3}|"
        r"befolge\w? nicht)(?: sie)?"
        r"(?: \w{1,16}){0,4}? (?:alle\w?|bisherige\w|vorherige\w|vorige\w|obige\w|frühere\w|"
        r"vorangegangene\w|"
        r"vorhergehende\w|deine\w?|ihre\w?|"
        r"sämtliche\w?|ursprüngliche\w)(?: \w{1,20}){0,3}? (?:anweisung(?:en)?|instruktion(?:en)?|"
        r"befehle?|"
        r"vorgaben|regeln|richtlinien|prompts?|"
        r"aufforderungen)\b",
    ),
    rule(
        "override_instructions",
        2,
        "instrucciones indicaciones órdenes ordenes reglas directrices directivas",
        r"\b(?:ignor(?:a|e|en|ad|ar)|olvid(?:a|e|en|ar)|olvídate|descart(?:a|e|ar)|omit(?:e|a|ir)|"
        r"desobedece|"
        r"(?:haz|haga) caso omiso|"
        r"no (?:sigas|siga|hagas caso))(?: \w{1,14}){0,4}? (?:instrucciones|indicaciones|"
        r"[óo]rdenes|reglas|"
        r"directrices|directivas) "
        r"(?:\w{1,14} ){0,2}?(?:anteriores|previas|precedentes|de arriba|iniciales|originales|del "
        r"sistema|que "
        r"(?:te|se|has|recib))",
    ),
    rule(
        "override_instructions",
        2,
        "instructions consignes directives ordres règles regles",
        r"\b(?:ignor(?:e|ez|er|ons)|oubli(?:e|ez|er)|(?:ne )?(?:tiens|tenez) (?:pas|aucun) compte|"
        r"fai(?:s|tes) abstraction|"
        r"ne (?:suis|suivez) pas|méprise[zr]?|contourne[zr]?)(?: [\w’']{1,14}){0,4}? "
        r"(?:instructions|consignes|"
        r"directives|ordres|r[èe]gles) "
        r"(?:\w{1,14} ){0,2}?(?:pr[ée]c[ée]dente?s|ant[ée]rieure?s|ci dessus|initiales|"
        r"d['’]origine|du syst[èe]me|"
        r"re[çc]ues|qui)",
    ),
    rule(
        "override_instructions",
        2,
        "instruções instrucoes orientações ordens regras diretrizes comandos",
        r"\b(?:ignor(?:e|a|em|ar)|esque(?:ça|ca|ce|cer|çam)|desconsider(?:e|a|ar)|descart(?:e|a|"
        r"ar)|não (?:siga|"
        r"sigas))(?: \w{1,14}){0,4}? "
        r"(?:instru[çc][õo]es|orientações|ordens|regras|diretrizes|comandos) "
        r"(?:\w{1,14} ){0,2}?(?:anteriores|pr[ée]vi[ao]s|precedentes|acima|iniciais|originais|do "
        r"sistema|que)",
    ),
    rule(
        "override_instructions",
        2,
        "istruzioni indicazioni direttive ordini regole",
        r"\b(?:ignor(?:a|i|ate|are)|dimentic(?:a|hi|ate|are)|trascur(?:a|i|are)|non seguire)(?: "
        r"\w{1,14}){0,4}? "
        r"(?:istruzioni|indicazioni|direttive|ordini|regole) (?:\w{1,14} ){0,2}?(?:precedenti|"
        r"sopra|iniziali|"
        r"originali|del sistema)",
    ),
    rule(
        "override_instructions",
        2,
        "инструкции инструкций указания указаний команды правила подсказки инструкциях указаниях",
        r"\b(?:(?:про)?игнориру(?:й|йте|ем)|забуд(?:ь|ьте)|отмени(?:те)?|отбрось(?:те)?|не "
        r"(?:обращай(?:те)? "
        r"внимания на|следуй(?:те)?|выполняй(?:те)?))"
        r"(?: \w{1,16}){0,4}? (?:(?:все|всех|всем|предыдущ\w{2,3}|прежн\w{2,3}|прошл\w{2,3}|ранее|"
        r"вышеуказанн\w{2,3}|выше|твои|ваши|системн\w{2,3}) )"
        r"(?:\w{1,16} ){0,3}?(?:инструкци\w{1,2}|указани\w{1,2}|команд\w?|правил\w{0,2}|"
        r"подсказ\w{2})",
    ),
)

# Languages without blanks have no cue words: tried where a text has any of these characters.
UNSPACED_CUES = "略视視忘弃會会無无"
UNSPACED = (
    rule(
        "override_instructions",
        2,
        "",
        r"(?:忽略|忽视|忽視|无视|無視|忘记|忘記|忘掉|不要理会|不要理會|别理会|抛弃|丢弃|放弃|不理会)[^。！？\n]{0,12}?"
        r"(?:之前|以上|上述|前面|先前|此前|上面|以前|过去|过往|原有|原来|你的|您的|系统|系統|所有|一切)[^。！？\n]{0,12}?"
        r"(?:指令|指示|提示|命令|规则|規則|指导|指引|设定|設定|要求|对话|限制)",
    ),
    rule(
        "override_instructions",
        2,
        "",
        r"(?:以前|上記|前|これまで|上|先程|すべて|全て)の[^。！？\n]{0,12}?(?:指示|命令|指令|プロンプト|ルール)を?[^。！？\n]{0,8}?(?:無視|"
        r"忘れ)",
    ),
)

OVERRIDES: tuple[Rule, ...] = (*_ENGLISH, *_OTHER_LANGUAGES)
