"""Whether what a language model wrote says that it does not know, in whatever words and language."""

import re

_REGRET = (
    r"unfortunately|leider|malheureusement|lamentablemente|(?:I'm |I am )?(?:sorry|afraid)(?: that)?"
    r"|(?:based on|according to) [^,.\n]{1,60},"
)
_GIVEN = r"(?:given|provided|above|available|supplied|indexed|retrieved)"
_SOURCES = (
    rf"(?:{_GIVEN} )?(?:passages?|context|excerpts?|documents?|texts?|sources?|information|material)\b(?: {_GIVEN})?"
)
_TELL = (
    r"(?:contain|mention|say|state|answer|provide|include|specify|give|tell|address|cover|indicate|describe|discuss)"
)
_TOLD = (
    r"(?:mentioned|specified|stated|given|found|provided|included|contained|addressed|covered|answered|listed|described"
    r"|indicated|discussed|available)"
)
_NEWS = r"(?:information|mention|answer|data|details?|indication|evidence)"
_QUELLEN = r"(?:passagen?|textstellen?|texte?n?|kontext|dokumente?n?|quellen|unterlagen|auszügen?)\b"
_SAGEN = r"(?:angaben?|information(?:en)?|hinweise?|antwort)\b"
_FONTS = (
    r"(?:passages?|pasajes?|passaggi|passagens|documents?|documentos?|documenti|textes?|textos?|test[oi]|contexte"
    r"|contexto|contesto|extraits|fragmentos|sources|fuentes|fonti|fontes|documenten|teksten|bronnen)\b"
)
_UNTOLD = (
    r"I (?:don't|do not) (?:know|have (?:any |enough |the |sufficient |access )?\w*)\b",
    rf"I (?:have|found|see|find) no (?:\w+ )?(?:{_NEWS}|idea)\b",
    r"I (?:can't|cannot|could not|couldn't|(?:am|was) (?:unable|not able) to) (?:answer|find|determine|say|tell)\b",
    rf"(?:the|these|this|your) {_SOURCES} (?:do|does|did)(?:n't| not) (?:\w+ )?{_TELL}\b",
    rf"(?:no|none of the|neither of the) {_SOURCES} {_TELL}s?\b",
    rf"(?:there (?:is|are|was|were) )?(?:no|not enough) (?:\w+ )?{_NEWS}\b[^.\n]* {_SOURCES}",
    rf"(?:no|not enough) (?:\w+ )?{_NEWS}\b(?: (?:about|on|for|of|as to)\b[^.\n]*)? (?:is|are|was|were) {_TOLD}",
    rf"[^.\n]{{1,200}}\b(?:(?:is|are|was|were)(?: not|n't)|not) (?:\w+ )?{_TOLD}\b[^.\n]*\b(?:in|by) [^.\n]*{_SOURCES}",
    rf"[^.\n]{{1,200}}\b(?:(?:is|are|was|were)(?: not|n't)) (?:in|part of) (?:the|these|this) {_SOURCES}",
    rf"(?:unknown|not (?:\w+ )?{_TOLD}|n/a)\W*\Z",
    r"(?:(?:ich|das) )?weiß (?:ich )?(?:es |das )?(?:leider )?nicht\b",
    rf"(?:in )?(?:die|den|dem|der) (?:\w+en )?{_QUELLEN}[^.\n]*\b(?:nichts?|keine?\w?)\b",
    rf"[^.\n]{{1,200}}\bnicht\b[^.\n]*\b(?:in|aus) (?:den|dem|der) (?:\w+en )?{_QUELLEN}",
    rf"[^.\n]{{0,200}}\b(?:gibt es|es gibt|liegen|finde(?:n sich)?|habe ich|ich habe)\b[^.\n]*\bkeine?\w? {_SAGEN}",
    rf"(?:[dl]e|les|l[ao]s?|l'|gli|os?|as|el|il?|het) ?(?:\w+ )?{_FONTS}[^.\n]{{0,9}}\b(?:n'|(?:ne|no|non|não|geen)\b)",
    r"(?:所提供的|给定的|提供的|这些|上述)?(?:文档|文件|资料|段落|文本|上下文|文中)[^。\n]{0,12}(?:没有|未|不)",
    r"[^。\n]{0,20}(?:文書|資料|文章|本文|パッセージ)[^。\n]*(?:ありません|いません|ない)",
)
_UNKNOWN_TO_ME = """
لا أعرف|لا أعلم|لا أدري|bilmirəm|не знам|আমি জানি না|জানি না|no ho sé|nevím|det ved jeg ikke
|δεν γνωρίζω|δεν ξέρω|no lo sé|no sé|no lo se|ma ei tea|ei tea|ez dakit|نمی‌دانم|نمیدانم
|en tiedä|je ne sais pas|je l'ignore|אני לא יודע|איני יודע|मुझे नहीं पता|मुझे नहीं मालूम
|मुझे यह नहीं पता|ne znam|nem tudom|չգիտեմ|saya tidak tahu|non lo so|non so|わかりません
|分かりません|知りません|білмеймін|모르겠습니다|모릅니다|알 수 없습니다|nežinau|es nezinu|nezinu
|मलाई थाहा छैन|ik weet het niet|dat weet ik niet|jeg vet ikke|det vet jeg ikke|nie wiem|não sei
|nu știu|nu stiu|я не знаю|не знаю|neviem|ne vem|nuk e di|jag vet inte|det vet jag inte
|எனக்குத் தெரியாது|намедонам|ไม่ทราบ|ฉันไม่รู้|bilmiyorum|مجھے نہیں معلوم|tôi không biết
|không biết|我不知道|不知道|我不清楚|无法回答|jeg ved ikke|jeg ved det ikke
"""
_BEFORE = r"(?:[\s*_\"'„“«#>]|\[\d{1,3}\]|<answer>|(?:final )?(?:answer|antwort|response|réponse|respuesta|a)\s*[:：])*"
_UNKNOWN = re.compile(
    rf"{_BEFORE}(?:(?:{_REGRET})[\s,.;:]*(?:but )?)*(?:{'|'.join(_UNTOLD)}|{''.join(_UNKNOWN_TO_ME.splitlines())})",
    re.IGNORECASE,
)
"""Also in bold, in quotes, in other languages and in other words, as models write it."""
_LONGEST = 600
"""Characters of an answer that are read: what it begins with."""


def says_unknown(text: str) -> bool:
    """Whether an answer begins with what a model was told to write where the passages do not answer, or the like."""
    return bool(_UNKNOWN.match(text.strip()[:_LONGEST].replace("’", "'")))
