"""German words in their other spelling."""

import pytest

from retrieval.store.spellings import spellings


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Steuererklaerung", "steuererklärung"),
        ("Feuerloescher", "feuerlöscher"),
        ("Treuepraemie", "treueprämie"),
        ("Neueroeffnung", "neueröffnung"),
        ("Dauerauftraege", "daueraufträge"),
        ("Baeuerin", "bäuerin"),
        ("Zuerkennungsgebuehr", "zuerkennungsgebühr"),
        ("Israelreisebuero", "israelreisebüro"),
        ("PASSSTRASSE", "passstraße"),
        ("Prozessgroesse", "prozessgröße"),
        ("Schlussmass", "schlussmaß"),
        ("Größe", "groesse"),
        ("Größe", "grösse"),
        ("Geschaeftsfuehrungsausschusspraemie", "geschäftsführungsausschussprämie"),
    ],
)
def test_a_word_is_looked_for_as_others_write_it(asked: str, written: str) -> None:
    assert written in spellings(asked)


def test_a_long_word_has_few_spellings() -> None:
    assert len(spellings("ae" * 1_000)) == 1
    assert len(spellings("aess" * 500)) == 3


def test_what_has_no_other_spelling_has_none() -> None:
    assert spellings("neue Quelle Mauer ü") == []
