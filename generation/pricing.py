"""What tokens cost."""

from generation.types import Usage


def cost(usage: Usage, per_million_input: float | None, per_million_output: float | None) -> float | None:
    """In the currency of the prices; None where a price is unknown."""
    if per_million_input is None or per_million_output is None:
        return None
    return (usage.prompt_tokens * per_million_input + usage.completion_tokens * per_million_output) / 1e6
