"""What a model thinks aloud before it answers is no part of the answer."""

from ingest.errors import UnavailableError

OPENING, _CLOSE = "<think>", "</think>"


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

    def without(self, piece: str) -> str:
        """What of the answer is sure by now."""
        if not self._over:
            self._held += piece
            while self._moved():
                pass
            piece = self.rest() if self._over else ""
        self._said += piece
        return piece

    @property
    def untagged(self) -> bool:
        """Whether what was taken for the answer was thought: a closing tag begins a line, and nothing opened it. An
        answer that speaks of these tags has both, or one in the middle of a sentence."""
        before, closing, _ = self._said.partition(f"\n{_CLOSE}")
        return bool(closing) and OPENING not in before

    def rest(self) -> str:
        """What was held back, at the end of the answer."""
        held, self._held = self._held, ""
        return "" if self._inside else held

    def _moved(self) -> bool:
        """Whether a tag was found."""
        if self._inside:
            _, tag, after = self._held.partition(_CLOSE)
            self._held = after if tag else self._held[-len(_CLOSE) :]
            self._inside = not tag
            return bool(tag)
        begun = self._held.lstrip()
        if begun.startswith(OPENING):
            self._held, self._inside, self.any = begun.removeprefix(OPENING), True, True
            return True
        if self.any:
            self._held = begun
        self._over = not OPENING.startswith(begun)
        return False


def untagged_thoughts(model: str) -> UnavailableError:
    """`model`: how the message calls it."""
    return UnavailableError(
        f"{model} thinks aloud and does not say where that begins; start its server with a reasoning parser, switch "
        f"its thinking off, or choose an instruct model that does not think."
    )


def only_thoughts(model: str, max_tokens: int) -> UnavailableError:
    """`model`: how the message calls it."""
    return UnavailableError(
        f"{model} thought aloud and used up its answer before it said anything (answers.max_tokens is {max_tokens}); "
        f"switch its thinking off, choose an instruct model that does not think, or raise answers.max_tokens."
    )
