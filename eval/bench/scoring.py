"""How fast rankings are scored: `python -m eval.bench.scoring [--queries 10000] [--depth 100]`."""

import argparse
import random
import resource
from time import perf_counter

from rich.console import Console

from eval.metrics.ranking import MEASURES, ranking_metrics

DOCUMENTS = 5000
JUDGED = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--depth", type=int, default=100)
    asked = parser.parse_args()
    chance = random.Random(7)
    names = [f"document-{number}" for number in range(DOCUMENTS)]
    keys = [f"query-{number}" for number in range(asked.queries)]
    qrels = {key: {name: chance.randrange(4) for name in chance.sample(names, JUDGED)} for key in keys}
    rankings = {key: chance.sample(names, asked.depth) for key in keys}
    started = perf_counter()
    ranking_metrics(rankings, qrels)
    seconds, peak = perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    Console().print(
        f"{asked.queries:,} queries with {asked.depth} hits, {len(MEASURES)} metrics: {seconds:.1f} s, "
        f"at most {peak:,.0f} MB resident"
    )


if __name__ == "__main__":
    main()
