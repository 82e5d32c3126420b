"""What to call a document.

The title is the first top heading, else the file name without folders and suffixes. Where there are pages, the heading
must stand on the first: later ones name a chapter. The headings of a workbook are the names of its sheets and are not
used. Nor is the title in a PDF's or an Office file's properties: it is too often the name of a template or of another
document.
"""

import re
from collections.abc import Sequence
from urllib.parse import unquote

from ingest.types import Section

SUFFIX = re.compile(r"(?<=.)(\.[A-Za-z0-9]{1,8})(\.gz)?$")

WORKBOOK = re.compile(r"\.xlsx(\.gz)?$", re.IGNORECASE)


def document_title(sections: Sequence[Section], source_name: str) -> str:
    """Title of a document; `source_name` is its path, URL or file name."""
    headed = () if WORKBOOK.search(source_name) else sections
    for section in headed:
        if section.page is not None and section.page > 1:
            break
        if section.headings:
            return section.headings[0]
    return _cleaned(source_name)


def _cleaned(source_name: str) -> str:
    is_url = "://" in source_name
    path = unquote(re.split(r"[?#]", source_name)[0]) if is_url else source_name
    name = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    words = re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", SUFFIX.sub("", name)).strip()
    return words or source_name
