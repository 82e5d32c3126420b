import gzip
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import PermanentError, UnreadableFileError, UnsupportedFormatError
from ingest.parsers.routing import SUFFIXES, RoutingParser
from ingest.types import Section

Write = Callable[[str, bytes | str], Path]
Parse = Callable[[str, bytes | str], list[Section]]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


@pytest.mark.parametrize("suffix", [".txt", ".TXT", ".Md", ".markdown", ".log", ".rst", ".htm", ".csv"])
def test_suffixes_of_any_case(parse: Parse, suffix: str) -> None:
    expected = "some | words" if suffix == ".csv" else "some, words"
    assert expected in parse(f"a{suffix}", "some, words\n")[0].text


def test_unknown_suffix_names_the_supported_ones(parse: Parse) -> None:
    with pytest.raises(UnsupportedFormatError, match=r"a\.doc .*\.doc is not supported.*\.docx"):
        parse("a.doc", "x")
    with pytest.raises(UnsupportedFormatError, match="missing suffix"):
        parse("README", "x")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b" \n\t "])
def test_empty_files(parse: Parse, suffix: str, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=f"a{suffix} is empty"):
        parse(f"a{suffix}", content)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".csv", ".html"])
@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\x00\x00" * 9, bytes(range(1, 32)) * 5, bytes(range(128, 256))])
def test_binary_under_a_text_name(parse: Parse, suffix: str, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="is not text but looks like"):
        parse(f"a{suffix}", content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.pdf", b"PK\x03\x04 and more", "not a PDF but looks like a ZIP"),
        ("a.docx", b"%PDF-1.7 and more", "not a .docx file .* looks like a PDF"),
        ("a.xlsx", b"just words", "not a .xlsx file .* plain text"),
        ("a.docx", OLE + b"old", "before 2007"),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.pdf", b"%PDF-1.7\n1 0 obj", "damaged or incomplete PDF"),
        ("a.eml", b"no headers here at all", "not an e-mail message"),
        ("a.html", b"<html><script>x</script></html>", "no text"),
        ("a.csv", b",,,\n,,\n", "no text"),
    ],
)
def test_not_what_the_name_says(parse: Parse, name: str, content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFileError, match=sentence) as raised:
        parse(name, content)
    message = str(raised.value)
    assert name in message and "\n" not in message and message.endswith(".")


@pytest.mark.parametrize("make", [docx.Document, openpyxl.Workbook])
def test_strict_open_xml_is_told(parser: RoutingParser, tmp_path: Path, make: Callable[[], Any]) -> None:
    suffix = ".docx" if make is docx.Document else ".xlsx"
    make().save(str(tmp_path / "plain.zip"))
    with zipfile.ZipFile(tmp_path / "plain.zip") as plain, zipfile.ZipFile(tmp_path / f"a{suffix}", "w") as strict:
        for name in plain.namelist():
            content = plain.read(name).replace(b"schemas.openxmlformats.org/office", b"purl.oclc.org/ooxml/office")
            strict.writestr(name, content.replace(b"officeDocument/2006/", b"officeDocument/"))
    with pytest.raises(UnreadableFileError, match=rf"Strict Open XML.* ordinary \{suffix} file"):
        parser.parse(tmp_path / f"a{suffix}")


def test_zip_that_is_no_office_file(parser: RoutingParser, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"ZIP archive but not a \.pptx"):
        parser.parse(zipped(tmp_path / "a.pptx", readme=b"x"))


def test_damaged_office_file(parser: RoutingParser, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="is damaged") as raised:
        parser.parse(zipped(tmp_path / "a.docx", word__document=b"not xml"))
    assert raised.value.__cause__ is not None


def test_office_bomb(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.docx", word__document=b" " * 3_000_000)
    with pytest.raises(UnreadableFileError, match="unpacks to more than 1 MiB"):
        RoutingParser(max_unpacked_bytes=2**20).parse(path)


def test_gzip(parse: Parse) -> None:
    assert parse("a.md.gz", gzip.compress(b"# Top\n\nwords"))[0].headings == ("Top",)
    assert parse("b.TXT.GZ", gzip.compress(b"words"))[0].text == "words"


def test_gzip_errors_name_the_archive(parse: Parse) -> None:
    whole = gzip.compress(os.urandom(5000))
    for content in (whole[:-20], whole[:100], b"not gzip", b"", whole[:1000] + b"\xff\xff" + whole[1002:]):
        with pytest.raises(UnreadableFileError, match=r"a\.txt\.gz"):
            parse("a.txt.gz", content)
    with pytest.raises(UnreadableFileError, match=r"a\.txt\.gz is empty"):
        parse("a.txt.gz", gzip.compress(b""))
    with pytest.raises(UnsupportedFormatError):
        parse("a.gz", gzip.compress(b"x"))


def test_gzip_bomb(write: Write) -> None:
    path = write("a.txt.gz", gzip.compress(b"a" * 5_000_000))
    with pytest.raises(UnreadableFileError, match="unpacks to more than 1 MiB"):
        RoutingParser(max_unpacked_bytes=2**20).parse(path)


def test_missing_file_and_folder(parser: RoutingParser, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="does not exist"):
        parser.parse(tmp_path / "gone.pdf")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(UnreadableFileError, match="is a folder"):
        parser.parse(tmp_path / "folder.txt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_no_permission(write: Write, parser: RoutingParser) -> None:
    path = write("a.txt", "x")
    path.chmod(0)
    with pytest.raises(UnreadableFileError, match="permission"):
        parser.parse(path)


def test_permission_sentence(write: Write, parser: RoutingParser, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableFileError, match="read permission"):
        parser.parse(write("a.txt", "x"))


MAGIC = st.sampled_from(
    [b"", b"%PDF-1.4\n", b"PK\x03\x04", OLE, b"\x1f\x8b\x08", b"<html>", b"From: a\n\n", b"\xff\xfe"]
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(suffix=st.sampled_from(SUFFIXES), packed=st.booleans(), magic=MAGIC, data=st.binary(max_size=300))
def test_random_bytes_raise_nothing_else(tmp_path: Path, suffix: str, packed: bool, magic: bytes, data: bytes) -> None:
    path = tmp_path / f"a{suffix}{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(magic + data) if packed else magic + data)
    try:
        sections = RoutingParser().parse(path)
    except PermanentError as error:
        assert path.name in str(error)
    else:
        assert sections and all(section.text.strip() and "\x00" not in section.text for section in sections)
