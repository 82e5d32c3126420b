"""Filled fields of PDF forms."""

from pathlib import Path

from ingest.parsers.routing import RoutingParser
from tests.parsers.test_pdf import check_boxes

FONT = "<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


def stream(dictionary: str, content: str) -> str:
    return f"<<{dictionary}/Length {len(content)}>>stream\n{content}\nendstream"


def form(lines: list[tuple[int, int, str]], fields: list[tuple[int, int, str]]) -> bytes:
    """A page of 400 by 600 points; places are from its lower left corner."""
    text = "".join(f"BT /F 10 Tf {x} {y} Td ({words}) Tj ET\n" for x, y, words in lines)
    widgets, looks = [], []
    for number, (x, y, words) in enumerate(fields):
        widgets.append(
            f"<</Type/Annot/Subtype/Widget/FT/Tx/T(f{number})/V({words})/F 4/Rect[{x} {y - 5} {x + 100} {y + 12}]"
            f"/AP<</N {10 + 2 * number} 0 R>>>>"
        )
        look = f"/Tx BMC BT /F 10 Tf 2 4 Td ({words}) Tj ET EMC"
        looks.append(stream(f"/Type/XObject/Subtype/Form/BBox[0 0 100 17]/Resources{FONT}", look))
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[]>>>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents 4 0 R/Resources{FONT}/Annots[ANNOTS]>>",
        4: stream("", text),
    }
    for number, (widget, look) in enumerate(zip(widgets, looks, strict=True)):
        objects |= {10 + 2 * number: look, 11 + 2 * number: widget}
    annotations = " ".join(f"{11 + 2 * number} 0 R" for number in range(len(fields)))
    body = "".join(f"{number} 0 obj\n{content}\nendobj\n" for number, content in objects.items())
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\n%%EOF\n".replace("ANNOTS", annotations).encode()


def test_filled_fields_stand_behind_their_labels(parser: RoutingParser, tmp_path: Path) -> None:
    lines = [(40, 500, "Safety officer:"), (40, 470, "Site:"), (40, 440, "Signed below.")]
    fields = [(120, 467, "Leeds"), (120, 499, "Ann Lee"), (40, 400, "Approved in May")]
    (tmp_path / "a.pdf").write_bytes(form(lines, fields))
    (section,) = parser.parse(tmp_path / "a.pdf")
    rows = ["Safety officer: Ann Lee", "Site: Leeds", "Signed below.", "Approved in May"]
    assert [" ".join(row.split()) for row in section.text.replace(" | ", " ").split("\n") if row] == rows
    check_boxes([section])


def test_a_form_that_is_all_fields_is_read(parser: RoutingParser, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(form([], [(40, 500, "Ann Lee"), (40, 470, "Leeds")]))
    assert parser.parse(tmp_path / "a.pdf")[0].text.split() == ["Ann", "Lee", "Leeds"]
