"""Two columns of prose against tables whose cells go over several lines."""

from pathlib import Path

import pytest

from ingest.parsers.routing import RoutingParser
from tests.parsers.test_pdf import Pdf

ROWS = [
    (("Staff who work from", "home for a whole week"), ("must tell their own", "line manager in writing")),
    (("Staff who travel by", "car to another site"), ("must keep all of the", "receipts for fuel costs")),
    (("Staff who fall ill and", "stay at home that day"), ("must call before nine", "in the morning at work")),
]


@pytest.mark.parametrize(("gap", "right_begins"), [(12, "must"), (0, "Must")])
def test_wrapped_cells_stay_beside_each_other(gap: float, right_begins: str, tmp_path: Path) -> None:
    pdf, top = Pdf(), 60.0
    pdf.add_page()
    for row in ROWS:
        for left, right in zip(*row, strict=True):
            pdf.put((20, top, left), (200, top, right.replace("must", right_begins)))
            top += 12
        top += gap
    sections = RoutingParser().parse(pdf.save(tmp_path / "a.pdf"))
    text = "\n".join(section.text for section in sections).lower()
    assert text.index("must tell") < text.index("staff who travel") < text.index("must keep")
