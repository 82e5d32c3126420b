"""Made-up tables with questions, so that the evidence model learns to read rows under a header."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Value = Callable[[random.Random], str]

_NAMES = (
    "Anna Boris Carla David Elena Farid Grace Hugo Ines Jonas Karin Luis Mara Nadia Omar Petra Rosa Sven Tara Yusuf"
)
_SURNAMES = (
    "Abel Berg Costa Dahl Evans Fuchs Grau Hansen Iqbal Jansen Keller Lopes Moreau Novak Okafor Petrov Quist Rossi"
)
_CITIES = (
    "Oslo Lyon Turin Graz Ghent Malmo Porto Krakow Dublin Bergen Seville Leipzig Utrecht Tampere Austin Denver Osaka"
)
_THINGS = (
    "pump valve laptop licence router gearbox filter drill headset scanner badge pallet forklift charger display cable"
)
_TEAMS = "Sales Finance Legal Purchasing Support Logistics Marketing Research Quality Production Payroll Facilities"
_PLANS = "Basic Standard Premium Starter Team Business Silver Gold Platinum Trial Academic Family"
_MONTHS = "January February March April May June July August September October November December"


def _pick(words: str) -> Value:
    options = words.split()
    return lambda chance: chance.choice(options)


def _number(low: int, high: int, unit: str = "") -> Value:
    return lambda chance: f"{chance.randint(low, high)}{unit}"


def _person(chance: random.Random) -> str:
    return f"{chance.choice(_NAMES.split())} {chance.choice(_SURNAMES.split())}"


def _day(chance: random.Random) -> str:
    return f"{chance.randint(1, 28)} {chance.choice(_MONTHS.split())} {chance.randint(2015, 2029)}"


@dataclass(frozen=True)
class _Column:
    """`asks` are question patterns with {row} for the key of the row."""

    name: str
    value: Value
    asks: tuple[str, ...]


_KEYS: tuple[tuple[str, Value], ...] = (
    ("Item", _pick(_THINGS)),
    ("Site", _pick(_CITIES)),
    ("Department", _pick(_TEAMS)),
    ("Plan", _pick(_PLANS)),
    ("Contact", _person),
    ("Level", _number(1, 9)),
    ("Year", _number(2010, 2029)),
    ("Code", lambda chance: f"{chance.choice('ABCDEFGH')}{chance.randint(10, 99)}-{chance.choice('KLMNPQ')}"),
)
_COLUMNS = (
    _Column("Price EUR", _number(5, 900), ("How much does {row} cost?", "What is the price of {row} in euros?")),
    _Column(
        "Monthly fee",
        _number(5, 400, " euros"),
        ("What is the monthly fee for {row}?", "What do we pay for {row} a month?"),
    ),
    _Column(
        "Response time",
        _number(1, 48, " hours"),
        ("How fast is the response for {row}?", "What is the response time for {row}?"),
    ),
    _Column("Owner", _person, ("Who owns {row}?", "Who is responsible for {row}?")),
    _Column("Head", _person, ("Who is the head of {row}?", "Who leads {row}?")),
    _Column("Valid until", _day, ("Until when is {row} valid?", "When does {row} expire?")),
    _Column("Opened", _day, ("When was {row} opened?", "On what date did {row} open?")),
    _Column("Employees", _number(3, 900), ("How many people work in {row}?", "How many employees does {row} have?")),
    _Column(
        "Retention",
        _number(1, 10, " years"),
        ("How long are records of {row} kept?", "What is the retention period for {row}?"),
    ),
    _Column("Weight kg", _number(1, 300), ("How heavy is {row}?", "What does {row} weigh?")),
    _Column(
        "Warranty", _number(6, 60, " months"), ("How long is the warranty on {row}?", "What warranty comes with {row}?")
    ),
    _Column(
        "Phone",
        lambda chance: f"+49 {chance.randint(200, 999)} {chance.randint(1000, 9999)}",
        ("What is the phone number of {row}?", "How can I call {row}?"),
    ),
    _Column("Limit", _number(20, 900, " euros"), ("What is the limit for {row}?", "How much may be spent on {row}?")),
    _Column("Days off", _number(1, 30), ("How many days off are there for {row}?", "How much leave does {row} get?")),
    _Column("Location", _pick(_CITIES), ("Where is {row}?", "Where can I find {row}?")),
    _Column(
        "Storage", _number(10, 900, " GB"), ("How much storage comes with {row}?", "What is the storage of {row}?")
    ),
)


@dataclass(frozen=True)
class TableQuestion:
    """`rows` are texts as the model reads them; `gold` is the row that answers, -1 for none."""

    question: str
    rows: tuple[str, ...]
    gold: int


def table_question(chance: random.Random) -> TableQuestion:
    """One table with a question on a cell, or on a row or a column that it lacks."""
    key_name, key = chance.choice(_KEYS)
    columns = chance.sample(_COLUMNS, chance.randint(1, 4))
    keys = sorted({key(chance) for _ in range(7)}, key=lambda _: chance.random())
    asked_row = chance.randrange(len(keys))
    kind = chance.random()
    if kind < 0.15:
        asked = chance.choice([column for column in _COLUMNS if column not in columns])
    else:
        asked = chance.choice(columns)
    shown = [row for row in range(len(keys)) if kind >= 0.3 or kind < 0.15 or row != asked_row][:6]
    question = chance.choice(asked.asks).format(row=_named(key_name, keys[asked_row], chance))
    header = _line([key_name, *(column.name for column in columns)])
    texts = tuple(f"{header}\n{_line([keys[row], *(column.value(chance) for column in columns)])}" for row in shown)
    gold = shown.index(asked_row) if kind >= 0.3 and asked_row in shown else -1
    return TableQuestion(question, texts, gold)


def _named(key_name: str, key: str, chance: random.Random) -> str:
    return chance.choice([key, f"the {key_name.lower()} {key}", f"{key_name.lower()} {key}"])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
