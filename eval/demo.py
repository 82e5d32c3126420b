"""`make demo`: ask the sample handbook a few questions and show what is cited."""

import argparse
import asyncio
from pathlib import Path

from rich.rule import Rule

from api import console, operations
from api.bootstrap import Services
from api.schemas import AnswerIn
from api.settings import load_settings
from retrieval.types import Access

QUESTIONS = (
    "How many days of annual leave do full-time employees have?",
    "What is the hotel limit per night in Singapore?",
    "How quickly must the loss of a device be reported?",
    "How much does the Gold support plan cost per month?",
    "Where is the assembly point in Leeds?",
    "Which vaccinations are recommended for a trip to Vietnam?",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    with Services(load_settings(overrides={"data": arguments.data})) as services:
        access = Access(services.settings.access.tenant, services.settings.access.groups)
        for question in QUESTIONS:
            console.out.print(Rule(f"[bold]{question}[/]", align="left"))
            console.show_answer(asyncio.run(operations.answer(services, AnswerIn(query=question), access)))


if __name__ == "__main__":
    main()
