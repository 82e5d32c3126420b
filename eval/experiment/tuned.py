"""What was fitted to a collection (`citewell tune`), measured on the indexes of an experiment."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.settings import Settings
from api.tuned import Tuned, load_tuned
from ingest.errors import InvalidError


def fitted_to(collection: str | None, data: Path) -> Tuned:
    """
    Args:
        data: the folder that holds the collection; None: nothing is fitted.

    Raises:
        InvalidError: nothing was fitted to it.
    """
    found = load_tuned(data, collection) if collection else Tuned()
    if collection and found == Tuned():
        raise InvalidError(
            f"tuned: nothing was fitted to the collection {collection!r} in {data}; leave it out, or run "
            "`citewell tune fusion` or `citewell tune abstention` with --apply first."
        )
    return found


def untuned(settings: Settings) -> Settings:
    """That use nothing fitted, and say so."""
    without = {"tuned": False}
    retrieval, answers = settings.retrieval.model_copy(update=without), settings.answers.model_copy(update=without)
    return settings.model_copy(update={"retrieval": retrieval, "answers": answers})


def recorded(tuned: Tuned) -> dict[str, Any]:
    """As a run keeps it: no entry where nothing is fitted."""
    return {"fitted": asdict(tuned)} if tuned != Tuned() else {}
