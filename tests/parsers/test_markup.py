from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import UnreadableFileError
from ingest.parsers.routing import RoutingParser
from ingest.types import Section

Parse = Callable[[str, bytes | str], list[Section]]

NODE_API = Path("/usr/share/doc/nodejs/api/fs.html")


def outline(sections: list[Section]) -> list[tuple[tuple[str, ...], str]]:
    return [(section.headings, section.text) for section in sections]


def test_markdown_heading_paths(parse: Parse) -> None:
    sections = parse("a.md", "# Guide\n\nIntro.\n\n## Install\n\nRun it.\n\nTwice.\n\n# Other\n\nEnd.\n")
    assert outline(sections) == [
        (("Guide",), "Intro."),
        (("Guide", "Install"), "Run it.\n\nTwice."),
        (("Other",), "End."),
    ]


def test_lists_are_lines_and_paragraphs_are_parted(parse: Parse) -> None:
    (section,) = parse("a.md", "Buy:\n- milk\n- bread\n  - rye\n\nThen:\n\n3. mix\n4. bake\n\nDone.\n")
    assert section.text == "Buy:\n\n- milk\n- bread\n  - rye\n\nThen:\n\n3. mix\n4. bake\n\nDone."


def test_code_keeps_its_lines(parse: Parse) -> None:
    (section,) = parse("a.md", "```python\ndef f():\n    # not a heading\n    return 1\n```\n")
    assert section.text == "def f():\n    # not a heading\n    return 1"


def test_heading_without_text_is_not_lost(parse: Parse) -> None:
    assert outline(parse("a.md", "# A\n\n## Empty\n\n## B\n\ntext\n\n# Last\n")) == [
        (("A", "Empty"), "Empty"),
        (("A", "B"), "text"),
        (("Last",), "Last"),
    ]


def test_front_matter_is_text_and_names_the_title(parse: Parse) -> None:
    sections = parse("a.md", "---\ntitle: 'Plan <2025>'\ntags:\n- a\n---\n\nText.\n\n## Scope\n\nAll.\n")
    assert outline(sections) == [
        (("Plan <2025>",), "title: 'Plan <2025>'\ntags:\n- a\n\nText."),
        (("Plan <2025>", "Scope"), "All."),
    ]
    assert outline(parse("b.md", "---\ndate: 2025\n---\n# Plan\n\nText.\n")) == [
        ((), "date: 2025"),
        (("Plan",), "Text."),
    ]


@pytest.mark.parametrize("front", ["Änderung: 2024", "# Of the site\n\ndate: 2025", "title: Plan\nÜberblick: a"])
def test_front_matter_with_comments_and_keys_of_any_script(parse: Parse, front: str) -> None:
    text = "\n\n".join(section.text for section in parse("a.md", f"---\n{front}\n---\nText.\n"))
    assert text == f"{front}\n\nText."


def test_rule_at_the_beginning_is_no_front_matter(parse: Parse) -> None:
    sections = parse("a.md", "---\n# Leave\n\nYou have 30 days.\n\n---\n\n## Other\n\nMore.\n")
    assert outline(sections) == [(("Leave",), "You have 30 days."), (("Leave", "Other"), "More.")]


@pytest.mark.parametrize(
    "tag", ["name", "title", "head", "STYLE", "textarea", "template", "script", "plaintext", "id x"]
)
@pytest.mark.parametrize(
    "text", ["Send the {} form to all.", "{} is a tag.", "{}", "<div>\nall {} here\n</div>", "- {}"]
)
def test_placeholder_is_text(parse: Parse, tag: str, text: str) -> None:
    sections = parse("a.md", f"Start.\n\n{text.format(f'<{tag}>')}\n\n**After** it.\n\n# End\n\nLast.\n")
    whole = "\n\n".join(section.text for section in sections)
    assert f"<{tag}>" in whole
    assert whole.endswith("After it.\n\nLast.")


def test_tags_in_markdown_stay_tags(parse: Parse) -> None:
    source = (
        "<Tip kind='a'>\n\nOne <b>and</b> <kbd>two</kbd><br/>three.\n\n</Tip>\n\n<style>\nh1 {}\n\nh2 {}\n</style>\n\n"
        "<!-- unseen\n\n-->\n\nCode `<name>` <Icon name='x'/> <title>unseen</title> <user@example.org>\n\n<!-- open"
    )
    (section,) = parse("a.md", source)
    assert section.text == "One and two three.\n\nCode <name>\n\nuser@example.org\n\n<!-- open"


def test_markdown_table(parse: Parse) -> None:
    sections = parse("a.md", "# Costs\n\n| a | b |\n|---|---|\n| x\\|y | 2 |\n\nAfter.\n")
    assert [section.kind for section in sections] == ["table", "text"]
    assert sections[0].text == "| a | b |\n| --- | --- |\n| x\\|y | 2 |"
    assert sections[0].headings == ("Costs",)


def test_html_text_that_is_easily_lost(parse: Parse) -> None:
    html = """<html><body><header><h1>Site</h1></header><main><p>one</p></main>
    <details><summary>two</summary>three</details><form><label>four</label></form>
    <figure><figcaption>five</figcaption></figure><dl><dt>six</dt><dd>seven</dd></dl>
    <div>eight<p>nine</p>ten</div><nav>menu</nav><script>code</script></body></html>"""
    text = "\n".join(section.text for section in parse("a.html", html))
    for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]:
        assert word in text
    assert "menu" not in text and "code" not in text


def test_html_table_spans_and_inline_markup(parse: Parse) -> None:
    html = """<h2>Gases</h2><table><caption>Masses</caption><tr><th>Gas</th><th colspan=2>Mass</th></tr>
    <tr><td>H<sub>2</sub>O</td><td rowspan=2>a|b</td><td>1<br>2</td></tr><tr><td>O<b>2</b></td><td>3</td></tr>
    </table>"""
    caption, table = parse("a.html", html)
    assert caption.text == "Masses"
    assert table.kind == "table" and table.headings == ("Gases",)
    assert table.text.split("\n") == [
        "| Gas | Mass | Mass |",
        "| --- | --- | --- |",
        "| H2O | a\\|b | 1 2 |",
        "| O2 | a\\|b | 3 |",
    ]


def test_layout_table_becomes_text(parse: Parse) -> None:
    html = "<table><tr><td><h1>Top</h1><p>Body.</p><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>"
    text, table = parse("a.html", html)
    assert (text.headings, text.text, text.kind) == (("Top",), "Body.", "text")
    assert table.text == "| a | b |\n| --- | --- |"


def test_html_title_stands_in_for_headings(parse: Parse) -> None:
    assert parse("a.html", "<title> The  page </title><p>x y</p>")[0].headings == ("The page",)
    assert parse("a.html", "<title>Page</title><h1>Head</h1><p>x y</p>")[0].headings == ("Head",)


def test_permalink_marks_are_cut_from_headings(parse: Parse) -> None:
    assert parse("a.html", '<h1>Open <a href="#o">#</a></h1><p>x y</p>')[0].headings == ("Open",)


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-8", "utf-8"), ("iso-8859-2", "iso-8859-2"), ("koi8-r", "koi8-r")]
)
def test_declared_encoding(parse: Parse, encoding: str, declared: str) -> None:
    word = {"utf-8": "naïve", "iso-8859-2": "żółw", "koi8-r": "привет"}[encoding]
    html = f'<html><head><meta charset="{declared}"></head><body><p>{word} text</p></body></html>'
    assert parse("a.htm", html.encode(encoding))[0].text == f"{word} text"


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "windows-1252"])
def test_western_labels_mean_windows_1252(parse: Parse, label: str) -> None:
    text = "€150 – the manager’s “word”"
    html = f'<meta charset="{label}"><p>{text}</p>'
    assert parse("a.html", html.encode("cp1252"))[0].text == text
    assert parse("b.html", html.encode())[0].text == text


@pytest.mark.parametrize("label", ["UTF-16", "utf-16le", "utf-32", "no-such-encoding"])
def test_declared_encoding_that_cannot_be(parse: Parse, label: str) -> None:
    for space in ("", " "):
        html = f'<?xml version="1.0" encoding="{label}"?>{space}<html><body><p>Plain words</p></body></html>'
        assert parse("a.html", html)[0].text == "Plain words"


def test_xhtml_with_declaration(parse: Parse) -> None:
    declaration = '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
    assert parse("a.xhtml", f"{declaration}<body><p>tea é</p></body></html>")[0].text == "tea é"


def test_nothing_is_fetched_for_partitioning(parse: Parse) -> None:
    from unstructured.nlp import tokenize

    assert parse("a.html", "<p>Words that would be classified by a model.</p>")
    assert tokenize._get_nlp().pipe_names == ["sentencizer"]


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ('start="3"', ["3.", "4.", "9.", "10."]),
        ('type="a"', ["a.", "b.", "i.", "j."]),
        ('type="I"', ["I.", "II.", "IX.", "X."]),
        ("reversed", ["4.", "3.", "9.", "8."]),
        (f'start="{"9" * 5000}"', ["1.", "2.", "9.", "10."]),
        ('type="i" start="38"', ["xxxviii.", "xxxix.", "ix.", "x."]),
        ('type="a" start="-1"', ["-1.", "0.", "i.", "j."]),
    ],
)
def test_numbers_of_list_items(parse: Parse, attributes: str, numbers: list[str]) -> None:
    (section,) = parse("a.html", f'<ol {attributes}><li>one<li>two<li value="9">three<li><p>four</p></ol>')
    words = ["one", "two", "three", "four"]
    assert [line.removeprefix("- ") for line in section.text.split("\n")] == [
        f"{number} {word}" for number, word in zip(numbers, words, strict=True)
    ]


def test_span_of_thousands_of_digits(parse: Parse) -> None:
    (table,) = parse("a.html", f'<table><tr><td colspan="{"9" * 5000}">a</td><td>b</td></tr></table>')
    assert table.text.startswith("| a | b |")


def test_hidden_text_is_left_out(parse: Parse) -> None:
    html = """<body style="display:none"><p>one</p><p hidden>secret</p><p style="color:red; DISPLAY : none">secret</p>
    <div style="visibility:hidden"><p>secret</p></div>two <span style="display:none">secret</span>three
    <p hidden="until-found">four</p><div role="tabpanel" hidden><p>five</p></div></body>"""
    assert parse("a.html", html)[0].text == "one\n\ntwo three\n\nfour\n\nfive"


@pytest.mark.parametrize("tag", ["div", "font", "ul", "blockquote"])
def test_no_depth_loses_text(parse: Parse, tag: str) -> None:
    html = f"<{tag}>" * 3000 + "<h2>Low</h2><p>deep text</p><p>and more</p>" + f"</{tag}>" * 3000 + "<p>after it</p>"
    text = "\n\n".join(section.text for section in parse("a.html", html))
    assert text.split("\n\n")[-3:] == ["deep text", "and more", "after it"]


def test_wrappers_do_not_count_as_depth(parse: Parse) -> None:
    (section,) = parse("a.html", "<div>" * 3000 + "<h2>Low</h2><ol><li>one item<li>two items</ol>")
    assert (section.headings, section.text) == (("Low",), "1. one item\n2. two items")


def test_deep_nesting(parse: Parse) -> None:
    assert "core" in parse("a.html", "<div>" * 200 + "core" + "</div>" * 200)[0].text
    with pytest.raises(UnreadableFileError):
        parse("b.html", "<b><i>" * 100_000)


@pytest.mark.parametrize(
    "big", ['<p>in</p><img src="data:{}">', "<p>in <a href='data:{}'>it</a></p>", "<table><tr><td>a<td>in {}</table>"]
)
def test_no_size_loses_text(parse: Parse, big: str) -> None:
    html = f"<p>before</p>{big.format('A' * 10_100_000)}<p>after</p>"
    text = "\n\n".join(section.text for section in parse("a.html", html))
    assert (text[:6], "in" in text, text[-5:]) == ("before", True, "after")


def test_navigation_is_left_out(parse: Parse) -> None:
    html = '<p>a b</p><div class="navheader"><p>Prev</p></div>tail<ul role="navigation"><li>Next</li></ul><p>c d</p>'
    assert parse("a.html", html)[0].text == "a b\n\ntail\n\nc d"


@pytest.mark.skipif(not NODE_API.exists(), reason="the Node.js manual is not installed")
def test_large_page_in_seconds() -> None:
    sections = RoutingParser().parse(NODE_API)
    assert len(sections) > 300
    assert any("fs.readFile(path" in heading for section in sections for heading in section.headings)


SITES = "<tr><th>Site</th><th>Officer</th><th>Contact</th></tr>"


@pytest.mark.parametrize(
    ("attributes", "head"), [("", SITES), ("border=1", SITES.replace("th>", "td>")), ("", SITES.replace("th>", "td>"))]
)
@pytest.mark.parametrize(
    ("contact", "text"),
    [
        ("<table><tr><td>Phone<td>111<tr><td>Mail<td>a@b.c</table>", "Phone 111; Mail a@b.c"),
        (
            "see <table><caption>All</caption><tr><td><table><tr><td>1<td>2</table><td>3</table> too",
            "see All; 1 2 3 too",
        ),
        ("<pre>x = 1\n  y</pre>", "x = 1 y"),
    ],
)
def test_a_table_of_data_stays_one(parse: Parse, attributes: str, head: str, contact: str, text: str) -> None:
    html = f"<table {attributes}>{head}<tr><td>Leeds<td>Ann<td>{contact}</td></tr><tr><td>Bremen<td>Jan<td>222</table>"
    (table,) = parse("a.html", html)
    assert table.text.split("\n")[2:] == [f"| Leeds | Ann | {text} |", "| Bremen | Jan | 222 |"]


@pytest.mark.parametrize("head", ["", "<tr><th>Menu<th>Page"])
def test_a_part_of_the_page_is_no_cell(parse: Parse, head: str) -> None:
    """However it is marked, where a cell is long; also a short one with a heading, where no tag speaks for data."""
    page = f"<h2>Leave</h2><p>{'Many words. ' * (200 if head else 1)}</p>"
    sections = parse("a.html", f"<table>{head}<tr><td>Home<td>{page}</table>")
    assert all(section.kind == "text" for section in sections)
    assert sections[-1].headings == ("Leave",)
