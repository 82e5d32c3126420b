"""What a trace is made of."""

from dataclasses import dataclass
from datetime import datetime

from api.schemas import AnswerIn
from api.traces.schemas import Outcome
from api.tuned import Tuned
from generation.types import Answer
from retrieval.types import Access


@dataclass(frozen=True)
class Course:
    """What came of one question. `answer`: as far as it got; None where it broke off before there was any.

    `query`: as it was understood; `text`: what was shown; `tuned`: what is fitted to the collection; `recalled`: the
    documents that the answers before it cite, None where nobody knows.
    """

    id: str
    at: datetime
    asked: AnswerIn
    access: Access
    query: str
    tuned: Tuned
    outcome: Outcome
    text: str
    answer: Answer | None
    error: str | None
    total_ms: float
    prepare_ms: float
    recalled: tuple[str, ...] | None = None
