"""What a model thinks aloud before it answers is no part of the answer."""

from ingest.errors import UnavailableError

_OPEN, _CLOSE = "<think>", "</think>"


class Thoughts:
    """Passes over everything between the tags that an answer begins with; tags may be cut over pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = self._over = False
        self.any = False
        """Whether something was passed over."""

    def without(self, piece: str) -> str:
        """What of the answer is sure by now."""
        if self._over:
            return piece
        self._held += piece
        while self._moved():
            pass
        return self.rest() if self._over else ""

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
        if begun.startswith(_OPEN):
            self._held, self._inside, self.any = begun.removeprefix(_OPEN), True, True
            return True
        if self.any:
            self._held = begun
        self._over = not _OPEN.startswith(begun)
        return False


def only_thoughts(model: str, max_tokens: int) -> UnavailableError:
    """`model`: how the message calls it."""
    return UnavailableError(
        f"{model} thought aloud and used up its answer before it said anything (answers.max_tokens is {max_tokens}); "
        f"switch its thinking off, choose an instruct model that does not think, or raise answers.max_tokens."
    )
