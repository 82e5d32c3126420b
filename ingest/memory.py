"""How much memory there is: a container has often less than its machine."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def memory_bytes(cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Of the machine, or the narrowest limit of the control groups in which this process runs.

    Raises:
        ValueError, OSError: the system does not tell.
    """
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits(cgroups, own)])


def _limits(cgroups: Path, own: Path) -> Iterator[int]:
    """In bytes, of version 2 and, for containers, of version 1, where no limit is a huge number."""
    groups = [cgroups / "memory" / "memory.limit_in_bytes"]
    with suppress(OSError):
        names = [line[3:].strip("/") for line in own.read_text().splitlines() if line.startswith("0::")]
        groups += [cgroups / folder / "memory.max" for name in names for folder in (Path(name), *Path(name).parents)]
    for group in groups:
        with suppress(OSError, ValueError):  # it is not there, or says "max"
            yield int(group.read_text())
