"""What is withheld has no text in any field; what a new field holds must be decided here."""

from api.schemas_answers import CitationOut
from api.traces.schemas import TracedHit
from api.traces.withholding import blank_hit, citation
from generation.conversation.withholding import blank
from generation.types import Citation

IDS_AND_PLACES = {"marker", "document_id", "chunk_id", "page", "char_start", "char_end", "support"}
OF_HITS = {"document_id", "chunk_id", "char_start", "char_end", "kind", "score", "origin", "rank", "revision"}
CITATION = Citation(2, "d", "c", "Title", "/a.pdf", 3, ("Head",), 5, 9, "text", 0.5, ((1.0, 2.0, 3.0, 4.0),), "Name")
HIT = TracedHit(
    chunk_id="c",
    document_id="d",
    title="Title",
    source="/a.pdf",
    page=3,
    headings=["Head"],
    char_start=5,
    char_end=9,
    kind="text",
    text="text",
    score=0.5,
    origin={"dense": 0.5},
    metadata={"owner": "Ann"},
    rank=1,
    revision="r",
    context="Title Head",
)


def test_a_citation_has_ids_and_places_left() -> None:
    assert all(vars(CITATION).values())
    assert {name for name, value in vars(blank(CITATION, {"d"})).items() if value} == IDS_AND_PLACES
    assert blank(CITATION, {"e"}) is CITATION
    shown = CitationOut.model_validate(CITATION)
    assert all(shown.model_dump().values())
    assert {name for name, value in citation(shown).model_dump().items() if value} == IDS_AND_PLACES


def test_a_hit_has_ids_places_and_scores_left() -> None:
    assert all(HIT.model_dump().values())
    assert {name for name, value in blank_hit(HIT).model_dump().items() if value} == OF_HITS
