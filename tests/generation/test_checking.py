"""What a language model writes is shown sentence by sentence, as far as the passages bear it."""

import asyncio
import re
from collections.abc import Sequence

import pytest

from generation.checking import ASKS, CUT, ECHO, ELSEWHERE, OF_PASSAGES, STUCK, SentenceCheck
from generation.citations import Statement
from generation.errors import GenerationError
from generation.prompting import origin, safe
from generation.streaming import Draft, DraftReader
from generation.types import Ground, Quote, Removed, Usage, Verdict, Verification
from generation.verification.verifier import THRESHOLDS, PassageVerifier
from ingest.errors import UnavailableError
from retrieval.types import Hit
from tests.fakes import ScriptedGenerator
from tests.generation.passages import hit
from tests.generation.test_answerer import OPENS, QUESTION, TEXT, Shelf, answerer, ask

LEAVE = "Parental leave lasts 14 weeks. It is paid in full."
SHELF = Shelf([hit(TEXT), hit(LEAVE)], [OPENS])


def stems(text: str) -> frozenset[int]:
    return frozenset(hash(word[:5]) for word in re.findall(r"\w+", text.casefold()) if len(word) > 3)


VERIFIER = PassageVerifier(stems, THRESHOLDS)


class Doubter:
    """Port `Verifier`: it supports what cites something, and is as sure as it is told to be."""

    def __init__(self, likely: float, support: float = 1.0) -> None:
        self._likely, self._support = likely, support

    def verify(self, statement: Statement, hits: Sequence[Hit], question: str) -> Verdict:
        grounds = tuple(Ground(marker, 0, 5, self._support) for marker in statement.markers)
        return Verdict(bool(grounds), "", grounds, self._likely)


def shown(*pieces: str | Usage | Exception) -> tuple[list[str], Verification, list[tuple[int, str]]]:
    texts, answer = ask(SHELF, ScriptedGenerator(*pieces), verifier=VERIFIER)
    assert "".join(texts) == answer.text
    assert answer.verification
    return texts, answer.verification, [(one.marker, one.quote) for one in answer.citations]


def drafts(text: str) -> list[Draft]:
    reader = DraftReader()
    return [*reader.feed(text), *reader.end()]


def test_a_sentence_is_shown_when_it_is_verified() -> None:
    texts, result, cited = shown("The office opens ", "at nine. [1] It cl", "oses at six. [1]", Usage(5, 7))
    assert texts == ["The office opens at nine. [1]", " It closes at six. [1]"]
    assert result == Verification(kept=2)
    assert cited == [(1, "The office opens at nine."), (1, "It closes at six.")]


def test_what_no_passage_bears_is_never_shown() -> None:
    texts, result, _ = shown("The office opens at ten. [1] It closes at six. [1] The canteen serves fish. [2]")
    assert texts == ["It closes at six. [1]"]
    assert [one.text for one in result.removed] == ["The office opens at ten.", "The canteen serves fish."]
    assert all(one.reason for one in result.removed)


def test_a_wrong_or_missing_marker_is_put_right() -> None:
    texts, result, cited = shown("Parental leave lasts 14 weeks. [1]\nThe office opens at nine.")
    assert texts == ["Parental leave lasts 14 weeks. [2]", "\nThe office opens at nine. [1]"]
    assert (result.kept, result.recited) == (2, 2)
    assert [marker for marker, _ in cited] == [2, 1]


@pytest.mark.parametrize("markers", ["[1][9]", "[0] [1]", "[2, 1]", "[1-7]"])
@pytest.mark.parametrize("sentence", ["The office opens at nine.", "The office does open at nine."])
def test_only_markers_that_are_cited_are_shown(sentence: str, markers: str) -> None:
    texts, _, cited = shown(f"{sentence} {markers}")
    assert (texts, [marker for marker, _ in cited]) == ([f"{sentence} [1]"], [1])


def test_the_references_of_a_document_are_no_markers() -> None:
    drift = hit("Sensors drift by two percent per year, as measured in [1, 2].")
    check = SentenceCheck(VERIFIER, [hit(TEXT), drift], QUESTION.text)
    (draft,) = drafts(f"{safe(drift.chunk.text)} [2]")
    assert check.passed(draft) == "Sensors drift by two percent per year, as measured in (1, 2). [2]"


@pytest.mark.parametrize(("likely", "texts"), [(0.9, ["The office opens at nine. [1]"]), (0.3, [])])
def test_what_was_not_looked_up_must_be_likely(likely: float, texts: list[str]) -> None:
    check = SentenceCheck(Doubter(likely), [hit(TEXT)], QUESTION.text)
    shown = [check.passed(Draft(Statement("The office opens at nine.", markers), "")) for markers in ((), (1,))]
    assert [text for text in shown[:1] if text] == texts
    assert bool(shown[1]) is not bool(texts)  # with its marker it passes, unless it was said already


@pytest.mark.parametrize(
    ("likely", "support", "passes"), [(0.7, 0.0, False), (0.7, 0.5, True), (0.9, 0.0, True)], ids=str
)
@pytest.mark.parametrize("said", ["Unpaid.", "Also mothers.", "Confidence: high", "It is surely illegal."])
def test_a_few_words_that_no_passage_has_must_be_likely(said: str, likely: float, support: float, passes: bool) -> None:
    check = SentenceCheck(Doubter(likely, support), [hit(TEXT)], QUESTION.text)
    assert bool(check.passed(Draft(Statement(said, (1,)), ""))) is passes


def test_json_is_shown_only_as_a_passage_has_it() -> None:
    check = SentenceCheck(Doubter(0.9), [hit('Write {"retries": 3} into the file.')], QUESTION.text)
    written = '{"answer": "It opens at nine.", "sources": [1]}\n{"retries": 3} [1]'
    assert [text for draft in drafts(written) if (text := check.passed(draft))] == ['{"retries": 3} [1]']


@pytest.mark.parametrize("known", [True, False])
def test_a_table_is_shown_with_names_that_a_passage_has(known: bool) -> None:
    table = "| Site | Days |\n|---|---|\n| Leeds | 25 [1] |\n| Bremen | 30 [1] |\n"
    passage = "Leave in days: Leeds 25, Bremen 30."
    check = SentenceCheck(Doubter(0.9), [hit(passage)], "How is leave by site?" if known else "How is leave?")
    shown = "".join(check.passed(draft) for draft in drafts(table))
    rows = "| Leeds | 25 [1] |\n| Bremen | 30 [1] |"
    assert shown == (f"| Site | Days |\n|---|---|\n{rows}" if known else rows)


@pytest.mark.parametrize("fragment", ["Nine.", "The answer is: at nine.", "The answer is: no.", "The answer is:"])
def test_a_fragment_that_cites_nothing_is_not_cited_anew(fragment: str) -> None:
    texts, result, _ = shown(f"{fragment}\nIt closes at six. [1]")
    assert texts == ["It closes at six. [1]"]
    assert [one.text for one in result.removed] == [fragment]


def test_a_question_is_no_answer() -> None:
    _, result, _ = shown("Does the office open at nine? [1] It closes at six. [1]")
    assert result.removed == (Removed("Does the office open at nine?", ASKS),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The passage is about the opening of the office.", OF_PASSAGES),
        ("None of the passages mentions the office.", OF_PASSAGES),
        ("No, no, no, no, no, no, no, no, no.", STUCK),
        ("The office is in the office of the office.", STUCK),
        ("The office costs €10, the office costs €10, the office costs €10.", STUCK),
        ("Title 1", ECHO),
    ],
)
def test_what_says_nothing_of_the_matter_is_left_out(text: str, reason: str) -> None:
    _, result, _ = shown(f"{text} [1]\nIt closes at six. [1]")
    assert [(one.text, one.reason) for one in result.removed] == [(text, reason)]


def test_a_passage_may_be_what_the_documents_speak_of() -> None:
    passage = hit("The passage to the engine room is closed at night.")
    check = SentenceCheck(VERIFIER, [passage], "Is the passage open?")
    assert check.passed(Draft(Statement("The passage is closed at night.", (1,)), " "))


@pytest.mark.parametrize(("said", "reasons"), [("Until 15 November.", []), ("Until 31 December.", [ELSEWHERE])])
def test_a_few_words_must_stand_where_the_question_is_answered(said: str, reasons: list[str]) -> None:
    texts = ["Extra leave can be bought until 15 November.", "Leave must be taken until 31 December."]
    best = Quote(1, texts[0], 0, len(texts[0]), 0.9)
    check = SentenceCheck(VERIFIER, list(map(hit, texts)), "Until when can leave be bought?", [best])
    check.passed(Draft(Statement(said, (1 if not reasons else 2,)), " "))
    assert [one.reason for one in check.result.removed] == reasons


def test_nothing_is_said_twice() -> None:
    texts, result, _ = shown("The office opens at nine. [1] The office  opens at nine. [1]")
    assert texts == ["The office opens at nine. [1]"]
    assert result.removed == (Removed("The office  opens at nine.", "It was said already."),)


def test_where_nothing_holds_the_best_quotes_answer() -> None:
    texts, result, cited = shown("Everybody gets a pony. [1]")
    assert texts == ["The office opens at nine. [1]"]
    assert (result.kept, result.quoted, len(result.removed)) == (0, True, 1)
    assert cited == [(1, "The office opens at nine.")]


@pytest.mark.parametrize(
    "words",
    ["I don't know.", "I don’t know", "I don't know. [1]", "The passages do not say when. [1]", "Je ne sais pas."],
)
def test_a_model_that_does_not_know_refuses(words: str) -> None:
    texts, answer = ask(SHELF, ScriptedGenerator(words), verifier=VERIFIER)
    assert (texts, answer.refused, answer.citations, len(answer.hits)) == ([], True, (), 2)


def test_a_model_that_breaks_off_leaves_only_what_was_verified() -> None:
    generator = ScriptedGenerator("The office opens at nine. [1] It clo", UnavailableError("gone"))

    async def run() -> list[object]:
        seen: list[object] = []
        try:
            async for item in answerer(SHELF, generator, verifier=VERIFIER).answer(QUESTION):
                seen.append(item)  # noqa: PERF401  what came before the error counts
        except GenerationError as error:
            seen.append([one.quote for one in error.citations])
        return seen

    assert asyncio.run(run()) == ["The office opens at nine. [1]", ["The office opens at nine."]]


@pytest.mark.parametrize(
    ("written", "kept", "lost"),
    [
        ("It closes at six. [1] The office opens", "It closes at six. [1]", ["The office opens"]),
        ("It closes at six. [1] The office opens at nine [1", "It closes at six. [1]", ["The office opens at nine [1"]),
        ("It closes at six. [1]\n- The office opens at", "It closes at six. [1]", ["- The office opens at"]),
        ("It closes at six. [1] The office opens at nine.", "It closes at six. [1] The office opens at nine. [1]", []),
        ("It closes at six. **[1]**", "It closes at six. [1]", []),
        ("It closes at six. [1]\n- Staff\n", "It closes at six. [1]", []),
        ("The office opens", "The office opens at nine. [1]", ["The office opens"]),
    ],
)
def test_half_a_sentence_that_the_limit_cut_off_is_not_shown(written: str, kept: str, lost: list[str]) -> None:
    texts, result, _ = shown(written, Usage(cut=True))
    assert "".join(texts) == kept
    assert [one.text for one in result.removed if one.reason == CUT] == lost
    assert CUT not in {one.reason for one in shown(written, Usage())[1].removed}


def test_what_cites_nothing_must_stand_there_nearly_word_by_word() -> None:
    free = "Parental leave lasts 14 weeks by statute everywhere."
    assert shown(f"{free} [2]")[0] == [f"{free} [2]"]
    _, result, _ = shown(f"{free} Parental leave is paid in full.")
    assert [one.text for one in result.removed] == [free]


def test_where_a_passage_is_from_is_no_answer() -> None:
    line = origin(hit(LEAVE))
    _, result, _ = shown(f"{line}\nIt is paid in full. [2]")
    assert (result.kept, result.removed) == (1, (Removed(line, "It says where a passage is from."),))


@pytest.mark.parametrize(
    "sentence",
    [
        "Level 1 costs €5 per month, level 2 costs €10 per month and level 3 costs €15 per month.",
        "The first reminder costs €5, the second reminder costs €10 and the third reminder costs €20.",
        "After one year you get 20 days, after two years you get 22 days and after three years you get 25 days.",
    ],
)
def test_who_lists_numbers_does_not_go_round_in_circles(sentence: str) -> None:
    check = SentenceCheck(VERIFIER, [hit(sentence)], "What does it cost?")
    assert check.passed(Draft(Statement(sentence, (1,)), " "))


def test_a_model_that_goes_round_in_circles_is_stopped() -> None:
    once = "The office opens at nine. [1] The canteen serves fish. [2] "
    more = ["The canteen serves fish. [2] ", "It closes", " at six. [1] ", *["The office opens at nine. [1] "] * 20]
    generator = ScriptedGenerator(once, *more, RuntimeError("read to the end"))
    texts, answer = ask(SHELF, generator, verifier=VERIFIER)
    assert "".join(texts) == answer.text == "The office opens at nine. [1] It closes at six. [1]"
    assert answer.provenance is not None
    assert answer.provenance.written.count("opens at nine") < 6
    assert answer.usage == Usage()


BANS = "Staff may not:\n\n- lend their badge to anyone\n- Share accounts with colleagues."


@pytest.mark.parametrize(
    "lead", ["Staff may not:", "**Staff may not:**", "You may not:", "It is forbidden to: [1]", "You must not [1]:"]
)
def test_an_item_is_shown_under_the_lead_that_denies_it(lead: str) -> None:
    written = f"{lead}\n- lend their badge to anyone [1]\n- Share accounts with colleagues. [1]"
    texts, answer = ask(Shelf([hit(BANS)], [OPENS]), ScriptedGenerator(written), verifier=VERIFIER)
    said = lead.replace(" [1]", "")
    first = f"{said} [1]\n- lend their badge to anyone [1]"
    assert texts == [first, "\n- Share accounts with colleagues. [1]"]
    assert answer.verification == Verification(kept=2)


def test_without_the_lead_that_denies_it_an_item_is_not_shown() -> None:
    items = "- lend their badge to anyone [1]\n- Share accounts with colleagues. [1]"
    for lead in ("", "Staff may:\n", "These are the rules:\n"):
        check = SentenceCheck(VERIFIER, [hit(BANS)], "What may I do?")
        assert not any(map(check.passed, drafts(f"{lead}{items}")))


def test_a_lead_that_denies_goes_with_its_items() -> None:
    check = SentenceCheck(VERIFIER, [hit(BANS), hit(TEXT)], "What may I do?")
    written = "It closes at six. [2] Staff may not:\n- feed the swans [1]\n- share accounts with colleagues [1]"
    texts = [text for draft in drafts(written) if (text := check.passed(draft))]
    assert texts == ["It closes at six. [2]", " Staff may not: [1]\n- share accounts with colleagues [1]"]
    assert [one.text for one in check.result.removed] == ["Staff may not feed the swans"]
