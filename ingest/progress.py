"""How far an ingestion run is, and when it will end."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sources.filesystem import SourceFile

RATE_WINDOW_S = 60.0


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
    all files so far, where there was none of that suffix). The rate is that of the last RATE_WINDOW_S seconds, so
    that a slow start, or another program that has ended, is forgotten.
    """

    def __init__(self, sizes: dict[str, tuple[str, int]]) -> None:
        """`sizes`: source -> (suffix, bytes)."""
        self._waiting = dict(sizes)
        self._waiting_bytes: dict[str, int] = defaultdict(int)
        for suffix, size in sizes.values():
            self._waiting_bytes[suffix] += size
        self._files_total = len(sizes)
        self._files_done = self._chunks_seen = self._chunks_done = 0
        self._seen: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        self._samples = deque([(0.0, 0)])

    @classmethod
    def of(cls, files: Sequence[SourceFile]) -> "Progress":
        return cls({file.source: (file.suffix, file.size) for file in files})

    def parsed(self, source: str, chunks: int) -> None:
        suffix, size = self._waiting.pop(source)
        self._waiting_bytes[suffix] -= size
        bytes_seen, chunks_seen = self._seen[suffix]
        self._seen[suffix] = (bytes_seen + size, chunks_seen + chunks)
        self._chunks_seen += chunks

    def embedded(self, chunks: int) -> None:
        self._chunks_done += chunks

    def finished(self, files: int = 1) -> None:
        self._files_done += files

    def snapshot(self, elapsed_s: float) -> Snapshot:
        expected = self._chunks_seen + self._expected_of_waiting()
        rate = self._rate(elapsed_s)
        eta = (expected - self._chunks_done) / rate if rate > 0 else None
        return Snapshot(self._files_done, self._files_total, self._chunks_done, expected, rate, eta)

    def _rate(self, elapsed_s: float) -> float:
        """Chunks a second since the last sample that is older than the window."""
        self._samples.append((elapsed_s, self._chunks_done))
        while self._samples[1][0] <= elapsed_s - RATE_WINDOW_S:
            self._samples.popleft()
        since_s, before = self._samples[0]
        return (self._chunks_done - before) / (elapsed_s - since_s) if elapsed_s > since_s else 0.0

    def _expected_of_waiting(self) -> float:
        all_bytes = sum(size for size, _ in self._seen.values())
        overall = self._chunks_seen / all_bytes if all_bytes else 0.0
        expected = 0.0
        for suffix, size in self._waiting_bytes.items():
            bytes_seen, chunks_seen = self._seen.get(suffix, (0, 0))
            expected += size * (chunks_seen / bytes_seen if bytes_seen else overall)
        return expected
