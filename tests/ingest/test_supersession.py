"""Versions of many uploads of one title, told apart by their attributes."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from time import thread_time

import pytest

from ingest.supersession import superseded
from ingest.validity import Version

TODAY = date(2026, 1, 15)


def contract(days: int, attributes: Mapping[str, str]) -> Version:
    return Version("contract", date(2023, 1, 1) + timedelta(days), None, tuple(sorted(attributes.items())))


def by_pairs(versions: Mapping[str, Version]) -> dict[str, str]:
    found = {}
    for key, one in versions.items():
        newer = [
            (other.valid_from, name)
            for name, other in versions.items()
            if other.in_force(TODAY) and other.valid_from > one.valid_from and one.is_of_one_with(other)
        ]
        if newer:
            found[key] = max(newer)[1]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_it_is_as_if_every_two_were_compared(seed: int) -> None:
    random = Random(seed)
    versions = {}
    for number in range(60):
        names = random.sample(("customer", "country", "site"), random.randrange(4))
        versions[f"{number}"] = contract(random.randrange(1500), {name: random.choice("abc") for name in names})
    assert superseded(versions, TODAY) == by_pairs(versions)


def test_thousands_of_versions_are_quick() -> None:
    versions = {f"{i}": contract(i % 700, {"customer": f"{i % 3000}", "site": f"{i % 7}"}) for i in range(6000)}
    start = thread_time()
    superseded(versions, TODAY)
    assert thread_time() - start < 1
