"""`citewell tune`: fit retrieval to one's own documents, and prove the gain before it is used."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import AsJson, CollectionName, Config, Data
from api.settings import load_settings

app = typer.Typer(help="Fit retrieval to your documents, and prove the gain before it is used.", no_args_is_help=True)
Questions = Annotated[Path, typer.Argument(help="questions.jsonl, as `eval generate` makes it.", metavar="QUESTIONS")]
Apply = Annotated[bool, typer.Option("--apply", help="Use what was found from now on, if the gain is proven.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="With --apply: use it even if the gain is not, or if all questions are generated."),
]
LARGEST_SEED = 2**32 - 1
"""The largest one that every library takes."""
Folds = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Draws the folds.")]


@app.callback()
def tune() -> None:
    """Groups what follows."""


@app.command()
def fusion(
    questions: Questions,
    collection: CollectionName = "default",
    apply: Apply = False,
    force: Force = False,
    seed: Folds = 7,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Find the best share of the dense branch in hybrid search."""
    from eval.tuning import commands

    settings = load_settings(config, {"data": data} if data else {})
    if not commands.tune_fusion(settings, questions, collection, seed, apply, force, as_json):
        raise typer.Exit(1)


@app.command()
def abstention(
    questions: Annotated[
        Path, typer.Argument(help="questions.jsonl, with answerable and unanswerable ones.", metavar="QUESTIONS")
    ],
    cost: Annotated[
        float | None, typer.Option(min=0.01, help="Of a wrong answer; a right one is worth 1, a refusal 0. Default: 1.")
    ] = None,
    precision: Annotated[
        float | None, typer.Option(min=0.01, max=0.999, help="Instead: at least this share of the answers is right.")
    ] = None,
    collection: CollectionName = "default",
    apply: Apply = False,
    force: Force = False,
    seed: Folds = 7,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fit how sure an answer is, and below which confidence to refuse."""
    from eval.tuning.abstention import command
    from eval.tuning.abstention.goals import goal_of

    settings, goal = load_settings(config, {"data": data} if data else {}), goal_of(cost, precision)
    if not command.tune_abstention(settings, questions, collection, goal, seed, apply, force, as_json):
        raise typer.Exit(1)


@app.command()
def reranker(
    out: Annotated[
        Path,
        typer.Option(
            help="Folder of the new model, empty or new; after an interruption the same command goes on where it was."
        ),
    ],
    pairs: Annotated[
        list[Path] | None,
        typer.Option(help="JSONL (.gz) with query and positive; default: the collection."),
    ] = None,
    collection: CollectionName = "default",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pairs of each file.")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="Of training; finding hard negatives comes before.")] = 60.0,
    weight: Annotated[float, typer.Option(min=0.05, max=1.0, help="Its share in the final score.")] = 0.5,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="Draws everything.")] = 7,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Train a cross-encoder on your questions or documents, and measure what it gains."""
    from eval.tuning import commands
    from eval.tuning.reranker.training import TrainingOptions

    settings = load_settings(config, {"data": data} if data else {})
    options = TrainingOptions(minutes=minutes, weight=weight, seed=seed)
    if not commands.tune_reranker(settings, pairs or [], collection, out, limit, options, as_json):
        raise typer.Exit(1)
