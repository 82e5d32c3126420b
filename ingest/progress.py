"""How far an ingestion run is, and when it will end."""

from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Snapshot:
    files_done: int
    files_total: int
    chunks_done: int
    chunks_expected: float
    chunks_per_s: float
    eta_s: float | None
    """Seconds to the end; None until there is something to judge by."""


class Progress:
    """Counts work in chunks, because embedding them is what takes the time.

    Files that were not parsed yet are expected to give as many chunks a byte as those of their suffix so far (as
    all files so far, where there was none of that suffix).
    """

    def __init__(self, sizes: dict[str, tuple[str, int]]) -> None:
        """`sizes`: source -> (suffix, bytes)."""
        self._waiting = dict(sizes)
        self._files_total = len(sizes)
        self._files_done = self._chunks_seen = self._chunks_done = 0
        self._seen: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def parsed(self, source: str, chunks: int) -> None:
        suffix, size = self._waiting.pop(source)
        bytes_seen, chunks_seen = self._seen[suffix]
        self._seen[suffix] = (bytes_seen + size, chunks_seen + chunks)
        self._chunks_seen += chunks

    def embedded(self, chunks: int) -> None:
        self._chunks_done += chunks

    def finished(self, files: int = 1) -> None:
        self._files_done += files

    def snapshot(self, elapsed_s: float) -> Snapshot:
        expected = self._chunks_seen + self._expected_of_waiting()
        rate = self._chunks_done / elapsed_s if elapsed_s > 0 else 0.0
        eta = (expected - self._chunks_done) / rate if rate > 0 else None
        return Snapshot(self._files_done, self._files_total, self._chunks_done, expected, rate, eta)

    def _expected_of_waiting(self) -> float:
        all_bytes = sum(size for size, _ in self._seen.values())
        overall = self._chunks_seen / all_bytes if all_bytes else 0.0
        expected = 0.0
        for suffix, size in self._waiting.values():
            bytes_seen, chunks_seen = self._seen.get(suffix, (0, 0))
            expected += size * (chunks_seen / bytes_seen if bytes_seen else overall)
        return expected
