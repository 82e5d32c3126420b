"""Whether what a language model wrote says that it does not know, in whatever words and language."""

import re

_REGRET = (
    r"unfortunately|leider|malheureusement|lamentablemente|(?:I'm |I am )?(?:sorry|afraid)(?: that)?"
    r"|(?:based on|according to) [^,.\n]{1,60},"
)
_GIVEN = r"(?:given|provided|above|available|supplied|indexed|retrieved)"
_SOURCES = (
    rf"(?:(?:{_GIVEN} )?(?:passages?|context|excerpts?|documents?|texts?|sources?)\b(?: {_GIVEN})?"
    rf"|{_GIVEN} (?:information|material)\b|(?:information|material) {_GIVEN})"
)
_IN_SOURCES = rf"\b(?:in|by|from|within) (?:any of )?(?:the|these|this|any|your) {_SOURCES}"
_TELL = (
    r"(?:contain|mention|say|state|answer|provide|include|specify|give|tell|address|cover|indicate|describe|discuss)"
)
_TOLD = (
    r"(?:mentioned|specified|stated|given|found|provided|included|contained|addressed|covered|answered|listed|described"
    r"|indicated|discussed|available)"
)
_UNTOLD_IS = r"(?:(?:is|are|was|were)(?: not|n't)|(?:has|have) not been|(?:cannot|can't|could not|couldn't) be)"
_SUCH = r"(?:(?:specific|further|such|other|additional|relevant|direct|explicit|clear|exact|enough) )?"
_NEWS = r"(?:information|mention|answer|data|details?|indication|evidence)"
_ENDS = r"(?=\W*?(?:[.!?,;:\n]|\Z)| (?:that|which|you|so)\b)"
"""What an ordinary sentence would go on behind ends here."""
_QUELLEN = (
    r"(?:den|dem|der|die|das) (?:\w+en? )?"
    r"(?:passagen?|textstellen?|texte?n?|kontext|dokumente?n?|quellen|unterlagen|auszügen?)\b"
)
_SAGEN = r"(?:angaben?|information(?:en)?|hinweise?|antwort(?:en)?|auskunft)\b"
_NENNEN = (
    r"(?:enthalten|enthält|beinhalte[nt]|nenn(?:en|t)|erwähn(?:en|t)|sag(?:en|t)|beantworte[nt]|beschreib(?:en|t))\b"
)
_GENANNT = (
    r"(?:enthalten|erwähnt|genannt|angegeben|beantwortet|gesagt|beschrieben|gefunden|zu finden|hervor|beantworten"
    r"|entnehmen)\b"
)
_NEGATED = r"\b(?:nichts?|keine?\w?)\b"
_FONTS = (
    r"(?:[dl]e|les|l[ao]s?|l'|gli|os?|as|el|il?|het) ?(?:\w+ )?"
    r"(?:passages?|pasajes?|passaggi|passagens|documents?|documentos?|documenti|textes?|textos?|test[oi]|contexte"
    r"|contexto|contesto|extraits|fragmentos|sources|fuentes|fonti|fontes|documenten|teksten|bronnen)\b"
)
_DISENT = (
    r"(?:(?:cont[ieê]|men[cz]ion|mention|r[ée]pond|rispond|respond|précis|indi[cq]u?|especific|specific|parl"
    r"|proporcion|fourni|forni|fornec|incl[uy]|abord)\w*|disent|dit|dicen?|dicono|diz(?:em)?"
    r"|permett?\w* pas d[e'] ?(?:répondre|savoir|dire|déterminer))\b"
)
_SHUO = r"(?:提到|提及|包含|包括|含有|说明|回答|提供|给出|涉及|记载|指出|列出|描述|讨论|找到|显示|明确|信息|答案)"
_KISAI = r"(?:記載|言及|記述|情報|説明|答え|回答|書かれて|書いて|含まれて|含んで|触れ|示されて|述べられて|見つか)"
_UNTOLD = (
    r"I (?:don't|do not) (?:know|have (?:any |enough |the |sufficient |access )?\w*)\b",
    rf"I (?:have|found|see|find) no (?:\w+ )?(?:{_NEWS}|idea)\b",
    r"I (?:can't|cannot|could not|couldn't|(?:am|was) (?:unable|not able) to) (?:answer|find|determine|say|tell)\b",
    rf"(?:the|these|this|your) {_SOURCES} (?:do|does|did)(?:n't| not) (?:\w+ )?{_TELL}\b",
    rf"(?:no|none of the|neither of the) {_SOURCES} {_TELL}s?\b",
    rf"there (?:is|are|was|were) (?:no|not enough) (?:\w+ )?{_NEWS}\b[^.\n]* {_IN_SOURCES}",
    rf"(?:no|not enough) {_SUCH}{_NEWS}\b[^.\n]* {_IN_SOURCES}{_ENDS}",
    rf"(?:no|not enough) {_SUCH}{_NEWS}\b(?: (?:about|on|for|of|as to)\b[^.\n]*)? (?:is|are|was|were) {_TOLD}\b{_ENDS}",
    rf"(?:[^.\n]{{1,200}}\b{_UNTOLD_IS}|not) (?:\w+ly |even )?{_TOLD}\b(?: anywhere| for [^.;\n]+)?"
    rf" {_IN_SOURCES}{_ENDS}",
    rf"[^.\n]{{1,200}}\b(?:(?:is|are|was|were)(?: not|n't)) (?:in|part of) (?:the|these|this) {_SOURCES}{_ENDS}",
    rf"(?:unknown|not (?:\w+ )?{_TOLD}|n/a)\W*\Z",
    r"(?:(?:ich|das) )?weiß (?:ich )?(?:es |das )?(?:leider )?nicht\b",
    rf"(?:in )?{_QUELLEN}[^.\n]{{0,40}}\b{_NENNEN}[^.\n]*{_NEGATED}",
    rf"{_QUELLEN}[^.\n]{{0,40}}\b(?:geben|gibt|machen|macht|liefern|bieten)\b[^.\n]*\bkeine?\w? (?:\w+ )?{_SAGEN}",
    rf"in {_QUELLEN} (?:steht|stehen|finde[nt]?|gibt es)\b[^.\n]*{_NEGATED}",
    rf"(?:in|aus) {_QUELLEN}[^.\n]*{_NEGATED}[^.\n]*\b{_GENANNT}",
    rf"[^.\n]{{1,200}}\bnicht\b[^.\n]*\b(?:in|aus) {_QUELLEN}(?: {_GENANNT})?{_ENDS}",
    rf"[^.\n]{{0,200}}\b(?:gibt es|es gibt|liegen|finde(?:n sich)?|habe ich|ich habe)\b[^.\n]*\bkeine?\w? {_SAGEN}",
    rf"{_FONTS}[^.\n]{{0,9}}\b(?:n'|(?:ne|no|non|não) )(?:\w{{1,4}} |l')?{_DISENT}",
    rf"{_FONTS} (?:bevat|vermeld|noem|zegg|geven|beantwoord)\w* [^.\n]{{0,20}}\b(?:geen|niet|niets)\b",
    rf"(?:所提供的|给定的|提供的|这些|上述)?(?:文档|文件|资料|段落|文本|上下文|文中)[^。\n]{{0,12}}"
    rf"(?:没有|未(?!经)|不(?![得能可应要准许]))[^。\n]{{0,20}}{_SHUO}",
    rf"[^。\n]{{0,20}}(?:文書|資料|文章|本文|パッセージ)[^。\n]*{_KISAI}[^。\n]{{0,10}}(?:ません|ない)(?:でした)?(?!\w)",
)
_UNKNOWN_TO_ME = """
لا أعرف|لا أعلم|لا أدري|bilmirəm|не знам|আমি জানি না|জানি না|no ho sé|nevím|det ved jeg ikke
|δεν γνωρίζω|δεν ξέρω|no lo sé|no sé|no lo se|ma ei tea|ei tea|ez dakit|نمی‌دانم|نمیدانم
|en tiedä|je ne sais pas|je l'ignore|אני לא יודע|איני יודע|मुझे नहीं पता|मुझे नहीं मालूम
|मुझे यह नहीं पता|ne znam|nem tudom|չգիտեմ|saya tidak tahu|non lo so|non so|білмеймін
|모르겠습니다|모릅니다|알 수 없습니다|nežinau|es nezinu|nezinu
|मलाई थाहा छैन|ik weet het niet|dat weet ik niet|jeg vet ikke|det vet jeg ikke|nie wiem|não sei
|nu știu|nu stiu|я не знаю|не знаю|neviem|ne vem|nuk e di|jag vet inte|det vet jag inte
|எனக்குத் தெரியாது|намедонам|bilmiyorum|مجھے نہیں معلوم|tôi không biết
|không biết|jeg ved ikke|jeg ved det ikke
"""
_UNKNOWN_UNSPACED = r"""
(?:わかりません|分かりません|知りません)(?:でした|が)?|我(?:不知道|不清楚)[^。\n]{0,30}?|不知道|无法回答(?:(?:这个|该|此|您的|你的)问题)?
|(?:ผม|ดิฉัน|ฉัน)?ไม่(?:ทราบ|รู้)(?:ครับ|ค่ะ)?
"""
"""In scripts without spaces: a word may be the beginning of another sentence ("users who do not know …")."""
_BEFORE = r"(?:[\s*_\"'„“«#>]|\[\d{1,3}\]|<answer>|(?:final )?(?:answer|antwort|response|réponse|respuesta|a)\s*[:：])*"
_UNKNOWN = re.compile(
    rf"{_BEFORE}(?:(?:{_REGRET})[\s,.;:]*(?:but )?)*(?:{'|'.join(_UNTOLD)}"
    rf"|(?:{''.join(_UNKNOWN_TO_ME.splitlines())})(?!\w)"
    rf"|(?:{''.join(_UNKNOWN_UNSPACED.splitlines())})(?=\W*?(?:[.。!！,，、;\n]|\Z)))",
    re.IGNORECASE,
)
"""Also in bold, in quotes, in other languages and in other words, as models write it."""
_LONGEST = 600
"""Characters of an answer that are read: what it begins with."""


def says_unknown(text: str) -> bool:
    """Whether an answer begins with what a model was told to write where the passages do not answer, or the like."""
    return bool(_UNKNOWN.match(text.strip()[:_LONGEST].replace("’", "'")))
