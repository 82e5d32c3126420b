import os
from pathlib import Path

from ingest.memory import memory_bytes

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_the_narrowest_limit_of_the_control_groups_counts(tmp_path: Path) -> None:
    own, inner = tmp_path / "own", tmp_path / "cgroup" / "a.slice" / "b.service"
    own.write_text("0::/a.slice/b.service\n")
    inner.mkdir(parents=True)
    assert memory_bytes(tmp_path / "cgroup", own) == MACHINE
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("4096\n")
    assert memory_bytes(tmp_path / "cgroup", own) == 4096


def test_a_container_with_control_groups_of_version_1(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("8192\n")
    assert memory_bytes(tmp_path, tmp_path / "missing") == 8192
