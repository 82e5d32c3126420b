"""Which of several versions of a document win: in time that grows with their number, not with its square."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

from ingest.validity import Version

_Names: TypeAlias = tuple[str, ...]
_Values: TypeAlias = tuple[str, ...]
_Entry: TypeAlias = tuple[date, str]


class Newest:
    """The newest of these versions, by what they are versions of.

    Args:
        versions: document id -> its version.
    """

    def __init__(self, versions: Mapping[str, Version]) -> None:
        self._series: dict[str, dict[_Names, list[tuple[_Entry, Version]]]] = defaultdict(lambda: defaultdict(list))
        for key, one in sorted(versions.items(), key=lambda item: (item[1].valid_from, item[0])):
            self._series[one.series][_names(one)].append(((one.valid_from, key), one))
        self._indexes: dict[tuple[str, _Names, _Names], dict[_Values, _Entry]] = {}

    def of_one_with(self, one: Version) -> _Entry | None:
        """Since when it is in force, and its id, of the newest version that `is_of_one_with` the given one."""
        mine = _names(one)
        found = []
        for theirs in self._series.get(one.series, ()):
            both = tuple(name for name in mine if name in theirs)
            found.append(self._index(one.series, theirs, both).get(_values(one, both)))
        return max(filter(None, found), default=None)

    def _index(self, series: str, names: _Names, compared: _Names) -> dict[_Values, _Entry]:
        """Of the versions with attributes of these names: the values of those to compare -> the newest."""
        index = self._indexes.get((series, names, compared))
        if index is None:
            index = {_values(one, compared): entry for entry, one in self._series[series][names]}  # the last one stays
            self._indexes[series, names, compared] = index
        return index


def superseded(versions: Mapping[str, Version], on: date) -> dict[str, str]:
    """Which documents have made way on that day, and for which: of the versions of one the one that came into force
    last and is still in force wins.

    Args:
        versions: document id -> its version.
    """
    newest = Newest({key: one for key, one in versions.items() if one.in_force(on)})
    found = {key: newest.of_one_with(one) for key, one in versions.items()}
    return {key: newer[1] for key, newer in found.items() if newer and newer[0] > versions[key].valid_from}


def _names(one: Version) -> _Names:
    return tuple(name for name, _ in one.attributes)


def _values(one: Version, names: _Names) -> _Values:
    values = dict(one.attributes)
    return tuple(values[name] for name in names)
