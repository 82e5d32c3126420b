"""The file or database of a catalog: opened, missing, damaged, or of a kind that cannot be used."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ingest.catalog import Catalog, sqlite_url
from ingest.catalog_rows import make_tables
from ingest.errors import InvalidError, SettingsError, UnavailableError
from tests.ingest.test_catalog import document, put


def test_several_that_open_a_fresh_database_at_once_all_find_its_tables(tmp_path: Path) -> None:
    for attempt in range(3):
        url = sqlite_url(tmp_path / f"{attempt}.sqlite")
        engines = [sa.create_engine(url) for _ in range(6)]
        schema = sa.MetaData()
        for name in "abcdefgh":
            sa.Table(name, schema, sa.Column("id", sa.Integer, primary_key=True))
        with ThreadPoolExecutor(len(engines)) as pool:
            list(pool.map(make_tables, engines, [schema] * len(engines)))
        for engine in engines:
            assert {*"abcdefgh"} <= set(sa.inspect(engine).get_table_names())
            engine.dispose()


def test_a_place_where_nothing_may_be_locked(tmp_path: Path) -> None:
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    (tmp_path / "catalog.sqlite.default.lock").mkdir()
    with pytest.raises(UnavailableError, match=r"The lock .*default\.lock cannot be used \(Is a directory\)"):
        catalog.writing("default").__enter__()
    catalog.close()


def test_what_was_committed_is_there_for_the_next_process(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "catalog.sqlite")
    first = Catalog(url)
    put(first, document("a"))
    first.close()
    second = Catalog(url)
    assert second.revisions(["a"]) == {"a": "r1"}
    second.close()


@pytest.mark.parametrize("content", [b"this is no database but a text " * 40, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_damaged_file_is_told_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(content)
    with pytest.raises(UnavailableError, match=r"catalog\.sqlite does not answer \(.*\); check that it exists"):
        Catalog(sqlite_url(path))


def test_damage_found_later_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    first = Catalog(sqlite_url(path))
    put(first, *(document(f"{number:04}") for number in range(2000)))
    first.close()
    whole = path.read_bytes()
    half = len(whole) // 2  # the tables are described at the beginning
    path.write_bytes(whole[:half] + b"\xee" * (len(whole) - half))
    second = Catalog(sqlite_url(path))
    with pytest.raises(UnavailableError, match="check that it exists, is writable and intact"):
        second.page("default", "acme")
    second.close()


def test_a_place_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="unable to open"):
        Catalog(sqlite_url(tmp_path / "absent" / "catalog.sqlite"))


@pytest.mark.parametrize(
    "url", ["nonsense hunter2", "nosuchdb://user:hunter2@host/name", "mysql+aiomysql://u:hunter2@h/d"]
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^catalog\.url") as caught:
        Catalog(url)
    assert "hunter2" not in str(caught.value)


def test_a_database_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sa, "create_engine", lambda url: sa.create_mock_engine(url, lambda *statement: None))
    with pytest.raises(SettingsError, match=r"^catalog\.url names a mysql database; use PostgreSQL or SQLite\.$"):
        Catalog("mysql://user:hunter2@host/name")


def test_a_path_with_odd_characters_is_a_fine_place(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20ü?#"
    folder.mkdir()
    Catalog(sqlite_url(folder / "catalog.sqlite")).close()
    assert (folder / "catalog.sqlite").exists()


def test_a_value_that_the_database_refuses_is_a_mistake_of_who_gave_it(tmp_path: Path) -> None:
    catalog = Catalog(sqlite_url(tmp_path / "catalog.sqlite"))
    with catalog.engine.connect() as connection, pytest.raises(InvalidError, match="cannot take a value"):
        driver: Any = connection.connection.driver_connection
        driver.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000)
        connection.execute(sa.text("SELECT :value"), {"value": "x" * 2_000})
    catalog.close()


def test_a_nul_is_refused(postgres_url: str) -> None:
    catalog = Catalog(postgres_url)
    with pytest.raises(InvalidError, match="cannot take a value"):
        catalog.get("a\x00b")
    catalog.close()
