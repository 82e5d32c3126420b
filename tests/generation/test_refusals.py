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
لا أعرف."""


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
