"""Files that are there whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """In place of what was there; text as UTF-8. Whoever reads meanwhile, or after a crash, sees the old or the new.
    What is no file, such as a pipe, is written to as it is.

    Raises:
        OSError: it cannot be written; what was there is left.
    """
    content = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = path.resolve()  # of a link: the file
    draft = path.with_name(f"{path.name}.draft")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
