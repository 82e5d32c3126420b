"""What a model thinks aloud before it answers is no part of the answer."""

import re

from ingest.errors import UnavailableError

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "seed:think")
OPENINGS = (
    *(f"<{name}>" for name in _NAMES),
    "[think]",
    "<|start_thinking|>",
    "<|channel|>analysis<|message|>",
)
"""In lower case; models write them in any."""
_CLOSINGS = (
    *(f"</{name}>" for name in _NAMES),
    "[/think]",
    "<|end_thinking|>",
    "<|channel|>final<|message|>",
)
_LONGEST = max(map(len, _CLOSINGS))
_ANY_CLOSING = "|".join(map(re.escape, _CLOSINGS))
_OPENING = re.compile("|".join(map(re.escape, OPENINGS)), re.IGNORECASE)
_CLOSING = re.compile(_ANY_CLOSING, re.IGNORECASE)
_AFTER_ALL = re.compile(rf"(?:^|[.!?…。！？\"”)\n])\s*(?:{_ANY_CLOSING})|(?:{_ANY_CLOSING})(?=\n|\w)", re.IGNORECASE)
"""A closing tag that ends thoughts: behind a sentence, or right before the next. An answer that speaks of these tags
has it in the middle of a sentence."""


class ThoughtsError(UnavailableError):
    """The model works, but what it wrote is no answer. Another question may get one."""


class Thoughts:
    """Passes over everything between the tags that an answer begins with; tags may be cut over pieces.

    Args:
        inside: the prompt ends with the opening tag, as some chat templates have it.
    """

    def __init__(self, inside: bool = False) -> None:
        self._held = self._said = ""
        self._inside, self._over = inside, False
        self.any = inside
        """Whether something was passed over."""
        self.untagged = False
        """Whether what was taken for the answer was thought: it was closed, and nothing had opened it."""

    def without(self, piece: str) -> str:
        """What of the answer is sure by now."""
        if not self._over:
            self._held += piece
            while self._moved():
                pass
            piece = self.rest() if self._over else ""
        self._said += piece
        before = max(0, len(self._said) - len(piece) - 2 * _LONGEST)
        if closing := _AFTER_ALL.search(self._said, before) if piece else None:
            self.untagged = self.untagged or not _OPENING.search(self._said, 0, closing.start())
        return piece

    def rest(self) -> str:
        """What was held back, at the end of the answer."""
        held, self._held = self._held, ""
        return "" if self._inside else held

    def _moved(self) -> bool:
        """Whether a tag was found."""
        if self._inside:
            closing = _CLOSING.search(self._held)
            self._held = self._held[closing.end() if closing else -_LONGEST :]
            self._inside = not closing
            return closing is not None
        begun = self._held.lstrip()
        if opening := _OPENING.match(begun):
            self._held, self._inside, self.any = begun[opening.end() :], True, True
            return True
        if self.any:
            self._held = begun
        self._over = not any(tag.startswith(begun.lower()) for tag in OPENINGS)
        return False


def untagged_thoughts(model: str) -> ThoughtsError:
    """`model`: how the message calls it."""
    return ThoughtsError(
        f"{model} thinks aloud and does not say where that begins; start its server with a reasoning parser, switch "
        f"its thinking off, or choose an instruct model that does not think."
    )


def only_thoughts(model: str, max_tokens: int) -> ThoughtsError:
    """`model`: how the message calls it."""
    return ThoughtsError(
        f"{model} thought aloud and used up its answer before it said anything (answers.max_tokens is {max_tokens}); "
        f"switch its thinking off, choose an instruct model that does not think, or raise answers.max_tokens."
    )
