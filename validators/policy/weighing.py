"""Weigh the signs of an instruction to a model: what is near it, and who says it.

The same words are an attack in a résumé and an example in an article about attacks, and "ignore the
instructions above if ..." is in many a manual. So signs next to one another add up, a command
weighs more than a description, and in a text about prompts nothing weighs enough.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

ENOUGH = 3
"""The weight from which signs are an instruction to a model; below it they are possible ones."""
_NEAR = 250  # characters between signs that belong together
_OVERRIDE = "override_instructions"

# A sentence begins after these; a line that is wrapped does not begin one.
_SENTENCE = re.compile(r"[.!?;:。！？]|\n\s*\n|\n\s*[-*#>•\d]")
_BEFORE, _AFTER = 120, 60
_AROUND = 400  # characters around signs in which a text says that it shows them
_PARAGRAPH = 600  # characters on each side of which quotes are searched
_LEAD = 80  # characters before a quotation that introduce it
# What may be between the beginning of a sentence and a command to the one who is addressed.
_COMMANDING = re.compile(
    r"(?:(?<![^\W_])(?:please|kindly|must|should|shall|now|immediately|then|and|also|just|so|"
    r"hereby|"
    r"you|to you|you to|need to|have to|you will|instead|therefore|important|urgent|note|first|"
    r"completely|entirely|simply|"
    r"bitte|nun|jetzt|und|por favor|y|ahora|e|agora|per favore|ora|veuillez|merci de|et|"
    r"пожалуйста|теперь|и)|[^\w\s]|^|[^\x00-\u024f])\W*$"
)
# A line that begins with a command, unless the line before it leads there.
_LINE_END = re.compile(r"\n\s*$")
_GOES_ON = re.compile(
    r"\b(?:to|will|would|can|could|may|might|must|does|do|not|never|or|the|a|an|they|we|it|which|"
    r"that|"
    r"who|models?|users?|compilers?|programs?)\s*$"
)
_CONDITION = re.compile(
    r"\b(?:if|unless|when|whenever|once|can|could|may|might|cannot|would|does|did|"
    r"wenn|falls|sofern|kann|können|kannst|darf|dürfen|"
    r"si|cuando|puede|pueden|puedes|podrá|"
    r"lorsque|quand|peut|peuvent|pouvez|peux|"
    r"se|quando|pode|podem|puoi|può|possono|"
    r"если|когда|может|могут|можно|можете)\b|如果|若|可以|もし|場合"
)
_TO_A_MODEL = re.compile(
    r"\b(?:if|when|wenn|falls|si|se|если)\b[^.!?]{1,30}\b(?:ai|llm|ki|ia|language model|chatbot|"
    r"assistant|sprachmodell|modèle|modelo|modello|ии|модель)\b"
)
_WHOLLY = re.compile(
    r"\b(?:all|any|every|each|your|everything|anything|whatever|alles|tout|todo|tudo|tutto|всё|"
    r"все|alle|allen|sämtliche\w?|deine\w?|ihre\w?|tod[oa]s|tus?|sus?|"
    r"toute?s|tous|tes|vos|tutt[ei]|tue|tuoi|suas?|seus?|все|всех|твои|ваши|свои\w?)\b|"
    r"所有|一切|你的|すべて|全て"
)
_ENDS = re.compile(
    r"[\"'”»*_`)\]]{0,3}(?:\s{0,3}$|\s{0,2}[.!,:;\n—–。！，、]| - |"
    r"\s(?:and|then|but|instead|now|you|given|provided|that (?:you|were)|received|above|before|so|"
    r"und|y|et|e|и)\b)"
)
_LISTED = re.compile(r"\b(?:following|my|our|folgenden?|siguientes|suivantes|seguenti|seguintes)\b")

# Words of texts about attacks, and about models: they show what they speak of.
_ATTACKS = re.compile(
    r"\b(?:prompt injections?|injection attacks?|injections?|jailbreak\w*|red team\w*|adversarial|"
    r"attacks|attackers?|payloads?|guardrails?|vulnerab\w+|malicious|untrusted|classifiers?)\b"
)
_MODELS = re.compile(
    r"\b(?:\w*tokenizers?|tokeni[sz]ation|\w*tokens?|\w*templates?|from_template|from_pretrained|"
    r"fine tun\w+|language models?|llms?|prompts?|prompting|few shot|generation|inference|"
    r"\w*processors?|transformers|checkpoints?|pipelines?|model\.\w+)\b"
)
_OF_CONVERSATIONS = frozenset({"role_marker", "off_topic_task", "output_control", "role_change"})
_SHOWING = re.compile(
    r"\b(?:such as|for example|e\.g\.|for instance|examples?|like|says?|said|reads?|zum beispiel|"
    r"beispiele?|por ejemplo|par exemple|ad esempio|por exemplo|например)\b|例如"
)
_QUOTES = ('"', "`", "“”", "«»", "„“", "「」", "‘’", "<>")
_CODE = re.compile(r"(?:^|\n)(?: {4}|\t|>>> |\$ |\| )[^\n]*$")


@dataclass(frozen=True, slots=True)
class Sign:
    """What a rule matched in folded text; see `vouch.validators.policy.rules` for its weight."""

    detector: str
    start: int
    end: int
    weight: int
    pattern: re.Pattern[str]


def weighed(text: str, signs: Iterable[Sign]) -> Iterator[tuple[Sign, bool]]:
    """Yield each sign of a folded text, and whether it belongs to an instruction to a model."""
    ordered = sorted((_as_said(text, sign) for sign in signs), key=lambda sign: sign.start)
    for group in _groups(ordered):
        # Each seldom pattern counts, weak ones once a detector; what is no sign by itself adds as
        # much as a weak one. Three requests of a conversation are still a conversation.
        seldom = {sign.pattern: sign.weight for sign in group if sign.weight > 1}
        weak = {sign.detector for sign in group} - {
            sign.detector for sign in group if sign.weight > 1
        }
        counts = bool(seldom) and sum(seldom.values()) + len(weak) >= ENOUGH
        counts = counts and not _is_shown(text, group)
        yield from ((sign, counts) for sign in group if sign.weight)


def _groups(signs: Sequence[Sign]) -> Iterator[list[Sign]]:
    group: list[Sign] = []
    end = 0
    for sign in signs:
        if group and sign.start - end > _NEAR:
            yield group
            group = []
        group.append(sign)
        end = max(end, sign.end)
    if group:
        yield group


def _as_said(text: str, sign: Sign) -> Sign:
    """Return an override with the weight of its sentence: a command, a description, a condition."""
    if sign.detector != _OVERRIDE or sign.weight != ENOUGH - 1:
        return sign
    before, after = _sentence(text, sign.start, sign.end)
    words = text[sign.start : sign.end]
    around = f"{before} {after}"
    if _CONDITION.search(around) and not _TO_A_MODEL.search(around):
        return replace(sign, weight=1)
    is_command = _COMMANDING.search(before) or (
        _LINE_END.search(before) and not _GOES_ON.search(before)
    )
    is_command = is_command and not _LISTED.search(words)
    is_whole = _WHOLLY.search(words) or _ENDS.match(text, sign.end)
    return replace(sign, weight=ENOUGH) if is_command and is_whole else sign


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what is before and after a span in its sentence, as far as it matters."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    borders = [border.end() for border in _SENTENCE.finditer(before)]
    border_after = _SENTENCE.search(after)
    return (
        before[borders[-1] :] if borders else before,
        after[: border_after.start()] if border_after else after,
    )


def _is_shown(text: str, group: Sequence[Sign]) -> bool:
    """Return whether a text about attacks or models shows these signs as examples.

    It is such a text by one of its words around quotes or code, else by two. Words about models
    suffice for what conversations with them consist of, not for an override.
    """
    start, end = group[0].start, max(sign.end for sign in group)
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    around = f"{before}\n{after}"
    words = {match.group() for match in _ATTACKS.finditer(around)}
    about_models = {match.group() for match in _MODELS.finditer(around)}
    if _OF_CONVERSATIONS.issuperset(sign.detector for sign in group):
        words |= about_models
    if len(words) > 1:
        return True
    is_about = words or about_models or _SHOWING.search(before[-_LEAD:])
    return bool(is_about) and _is_quoted(text, start, end)


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Return whether a span is within quotes or code, judged by its paragraph."""
    before = text[max(0, start - _PARAGRAPH) : start].rpartition("\n\n")[2]
    after = text[end : end + _PARAGRAPH].partition("\n\n")[0]
    for quotes in _QUOTES:
        opening, closing = quotes[0], quotes[-1]
        if opening == closing:
            is_open = before.count(opening) % 2 == 1
        else:
            is_open = before.rfind(opening) > before.rfind(closing)
        if is_open and closing in after:
            return True
    return _CODE.search(before) is not None
