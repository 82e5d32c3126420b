"""In how many words a model says that it does not know."""

import pytest

from generation.refusals import says_unknown

UNTOLD = """\
I don't know.
**I do not know** who pays.
Answer: I don’t know.
"I don't know."
Unfortunately, I don't know.
I'm sorry, but I don't know.
I'm afraid that I do not know.
Sorry. I can't answer this from the passages.
Based on the passages, I don't know.
According to the provided context, I cannot determine who pays.
The passages do not say whether bicycles may be parked.
The provided passages don't contain information about parking.
None of the passages mentions bicycles.
There is no information about bicycles in the given passages.
I was unable to find an answer.
Ich weiß es nicht.
Das weiß ich leider nicht.
Leider weiß ich das nicht.
In den Passagen steht dazu nichts.
Die gegebenen Passagen enthalten keine Angaben dazu.
The documents do not mention how many days mothers get.
The passages provided do not contain the answer.
The provided text does not mention it.
This is not mentioned in the passages.
The fee for Italy is not specified in the given passages.
The answer is not in the passages.
No information about this is provided.
There is no mention of the fee in the documents.
I do not have information on that.
I couldn't find that.
Unknown.
Not specified.
[1] I don't know.
**Answer:** I don't know.
A: I don't know.
<answer>I don't know.</answer>
Das steht nicht in den Passagen.
Dazu gibt es keine Angaben.
Die Dokumente enthalten keine Informationen dazu.
Je ne sais pas.
Les passages ne répondent pas à cette question.
No lo sé.
Los documentos no contienen esa información.
Não sei.
Nie wiem.
Det vet jag inte.
Я не знаю.
我不知道。
文档中没有提到这一点。
わかりません。
모르겠습니다.
لا أعرف.
Das geht nicht aus den Dokumenten hervor.
Aus den Passagen geht nicht hervor, wer zahlt.
In den Dokumenten wird nicht erwähnt, wer zahlt.
In den Dokumenten finden sich keine Angaben dazu.
Die Dokumente geben keine Auskunft darüber.
Les documents ne contiennent pas cette information.
Les passages fournis ne mentionnent pas les vélos.
Los pasajes no mencionan esto.
I documenti non contengono questa informazione.
Os documentos não mencionam isso.
De documenten bevatten geen informatie hierover.
De bronnen vermelden dit niet.
提供的文档中没有关于停车的信息。
文件未提及此事。
文档不包含答案。
資料には記載がありません。
提供された文書にはその情報は含まれていません。
不知道。
我不知道这个问题的答案。
无法回答这个问题。
ไม่ทราบ
ไม่ทราบครับ
Non lo so, mi dispiace.
No such information is available in the provided documents.
No information about parking was found in the passages.
There is no information in the passages about bicycles.
Not mentioned in the passages.
It cannot be found in any of the documents.
The fee is not explicitly stated in the provided context, so I don't know.
This is not covered by the provided information.
分かりませんでした。"""


STATEMENTS = """\
Non sono rimborsabili le multe.
Non sono ammessi animali
No personal data is provided to third parties.
No data is included in the export.
Dental treatment is not covered by the standard plan; see the plan documents.
Passwords must not be given in text messages.
Die Dokumente werden nicht länger als zehn Jahre aufbewahrt.
Die Unterlagen dürfen nicht mitgenommen werden.
Les documents ne doivent pas quitter le bureau.
Los documentos no se pueden llevar a casa.
文件不得带出办公室。
不知道密码的用户请联系IT。
资料不得提供给第三方。
資料は持ち出してはいけない。
文書は10年を超えて保管しない。
This material does not contain asbestos.
Passwörter werden nicht in den Dokumenten gespeichert.
Passwörter dürfen nicht in die Unterlagen geschrieben werden.
I documenti non sono rimborsabili.
Os documentos não podem sair do escritório.
De documenten mogen niet mee naar huis.
De documenten zijn geen vervanging.
ไม่ทราบรหัสผ่านให้ติดต่อไอที
无法回答的问题请转交主管。
Die Unterlagen gibt der Kunde nicht zurück.
Ne znamo.
Data of visitors is not included in the documents of the archive.
Der Zutritt ist nicht gestattet.
Batteries are not included.
No evidence is given to the police without a lawyer.
Les documents ne contractent pas de frais."""


@pytest.mark.parametrize("text", UNTOLD.splitlines())
def test_a_model_says_in_many_words_that_it_does_not_know(text: str) -> None:
    assert says_unknown(text)


@pytest.mark.parametrize(
    "text",
    [
        "Parking is free. I don't know more.",
        "The passage to the engine room does not open at night.",
        "According to the handbook, it opens at nine.",
        "I know that it opens at nine.",
        "The passages say that bicycles may not be parked.",
        "No visitor may park.",
        "Unfortunately, the canteen is closed.",
        "Personal data are not provided to third parties.",
        "No information may be given to the press.",
        "The information does not leave the building.",
        "Badges are not given to visitors in winter.",
        "I have no doubt that it opens at nine.",
        "Alcohol is not served.",
    ],
)
def test_an_answer_is_no_word_of_ignorance(text: str) -> None:
    assert not says_unknown(text)


@pytest.mark.parametrize("text", STATEMENTS.splitlines())
def test_what_documents_say_of_documents_data_or_covers_is_no_word_of_ignorance(text: str) -> None:
    assert not says_unknown(text)
