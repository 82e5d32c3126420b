"""Filters as users write them, and what is said of those that make no sense."""

import math
from typing import Any

import pytest

from ingest.errors import FilterError
from retrieval.filters import (
    EVERYTHING,
    AnyOf,
    Either,
    Every,
    Filter,
    Not,
    Present,
    Within,
    both,
    check_fields,
    fields,
    may_fulfil,
    moment,
    parse,
)

DAY = 86_400.0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, EVERYTHING),
        ({"a": 1}, AnyOf("a", (1,))),
        ({"a": [1, "x"]}, AnyOf("a", (1, "x"))),
        ({"a": {"$in": []}}, AnyOf("a", ())),
        ({"a": {"$ne": True}}, Not(AnyOf("a", (True,)))),
        ({"a": {"$nin": [1]}}, Not(AnyOf("a", (1,)))),
        ({"a": {"$gte": 1, "$lt": 2.5}}, Every((Within("a", gte=1.0), Within("a", lt=2.5)))),
        ({"a": {"$exists": False}, "b": 2}, Every((Not(Present("a")), AnyOf("b", (2,))))),
        ({"$or": [{"a": 1}, {"b": 1}]}, Either((AnyOf("a", (1,)), AnyOf("b", (1,))))),
        ({"$not": {"a": 1, "b": 2}}, Not(Every((AnyOf("a", (1,)), AnyOf("b", (2,)))))),
        ({"$and": [{"a": 1}]}, Every((AnyOf("a", (1,)),))),
        ({"a": {"$gt": "1970-01-02"}}, Within("a", gte=2 * DAY, dates=True)),
        ({"a": {"$lte": "1970-01-02"}}, Within("a", lt=2 * DAY, dates=True)),
        ({"a": {"$lt": "1970-01-02"}}, Within("a", lt=DAY, dates=True)),
        ({"a": {"$gte": "1970-01-01T01:00:00+01:00"}}, Within("a", gte=0.0, dates=True)),
    ],
    ids=str,
)
def test_what_is_written_is_what_is_meant(given: dict[str, Any], expected: Filter) -> None:
    assert parse(given) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"a": {"$near": 1}}, r"\$near is no operator of a field; there are \$eq, "),
        ({"$nor": [{"a": 1}]}, r"\$nor is no operator between conditions"),
        ({"$or": []}, r"\$or takes a list of at least one"),
        ({"$or": {"a": 1}}, r"\$or takes a list"),
        ({"$and": ["a"]}, "must be an object"),
        ({"$not": [{"a": 1}]}, "must be an object"),
        ({"a": {}}, "condition on 'a' is empty"),
        ({"a": {"$in": "x"}}, r"\$in of 'a' takes a list"),
        ({"a": {"$exists": 1}}, "takes true or false"),
        ({"a": {"$gte": "soon"}}, r"\$gte of 'a' takes a number or a date"),
        ({"a": {"$gte": "2025-02-30"}}, "takes a number or a date"),
        ({"a": {"$lt": True}}, "takes a number or a date"),
        ({"a": {"$lt": 10**400}}, "too large"),
        ({"a": {"$lt": math.nan}}, "too large"),
        ({"a": math.inf}, "must be texts, numbers or truth values"),
        ({"source": ["a", "\ud800"]}, "must be texts, numbers or truth values"),
        ({"source": {"$eq": "\udcff"}}, "must be texts, numbers or truth values"),
        ({"a": [{"b": 1}]}, "must be texts, numbers or truth values"),
        ({"a": None}, "must be texts, numbers or truth values"),
    ],
    ids=str,
)
def test_mistakes_are_named(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(FilterError, match=problem):
        parse(given)


def test_endless_nesting_is_refused() -> None:
    given: dict[str, Any] = {"a": 1}
    for _ in range(900):
        given = {"$not": given}
    with pytest.raises(FilterError, match="nested"):
        parse(given)


def test_fields_of_every_depth_are_checked() -> None:
    condition = parse({"year": 1, "$or": [{"title": "x"}, {"$not": {"metadata.city": {"$exists": True}}}]})
    assert fields(condition) == {"year", "title", "metadata.city"}
    check_fields(condition, ["year", "city", "more"])
    with pytest.raises(FilterError, match=r"'metadata\.city'.* and the metadata year\."):
        check_fields(condition, ["year"])
    with pytest.raises(FilterError, match=r"'year'; there are document_id, .*title\."):
        check_fields(parse({"year": 1}), [])


def test_both() -> None:
    one, other = AnyOf("a", (1,)), AnyOf("b", (2,))
    assert both(one, EVERYTHING) == both(EVERYTHING, one) == one
    assert both(one, other) == Every((one, other))
    assert both(EVERYTHING, EVERYTHING) == EVERYTHING


@pytest.mark.parametrize("value", ["2025", "2025-13-01", "on 2025-01-01", "2025-01-01 is a day", 20250101, True])
def test_what_is_no_date(value: object) -> None:
    assert moment(value) is None  # type: ignore[arg-type]


DOCUMENT: dict[str, Any] = {
    "document_id": "d",
    "source": "a.md",
    "title": "A",
    "metadata.year": 2024,
    "metadata.on": True,
    "metadata.huge": 10**400,
}


@pytest.mark.parametrize(
    ("given", "may"),
    [
        ({}, True),
        ({"year": 2024, "source": "a.md"}, True),
        ({"metadata.year": [1, 2024.0]}, True),
        ({"year": "2024"}, False),
        ({"on": 1}, False),
        ({"year": {"$gt": 2023, "$lt": 2025}}, True),
        ({"year": {"$gte": 2024.5}}, False),
        ({"year": {"$lt": "2030-01-01"}}, False),
        ({"huge": {"$gt": 5}}, True),
        ({"huge": {"$lt": 5}}, False),
        ({"absent": {"$exists": False}, "on": {"$exists": True}}, True),
        ({"$or": [{"title": "B"}, {"document_id": "d"}]}, True),
        ({"$not": {"year": 2024}}, False),
        ({"page": 7, "kind": "table", "$not": {"headings": "x"}}, True),
    ],
    ids=str,
)
def test_what_a_document_may_fulfil(given: dict[str, Any], may: bool) -> None:
    assert may_fulfil(parse(given), DOCUMENT) is may


@pytest.mark.parametrize(
    "given",
    [
        {f"key{number}": 1 for number in range(1001)},
        {"$or": [{"a": number} for number in range(1001)]},
        {"a": list(range(10_001))},
        {"$not": {"a": {"$in": [[]] * 10_001}}},
    ],
)
def test_a_filter_has_bounds(given: dict[str, object]) -> None:
    with pytest.raises(FilterError, match="1000 and 10000 are allowed"):
        parse(given)


def test_a_filter_within_the_bounds_is_taken() -> None:
    assert parse({"a": list(range(10_000))}) == AnyOf("a", tuple(range(10_000)))
