"""`citewell tune`: fit retrieval to one's own documents, and prove the gain before it is used."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import AsJson, CollectionName, Config, Data
from api.settings import load_settings

app = typer.Typer(help="Fit retrieval to your documents, and prove the gain before it is used.", no_args_is_help=True)
Questions = Annotated[Path, typer.Argument(help="questions.jsonl, as `eval generate` makes it.", metavar="QUESTIONS")]


@app.callback()
def tune() -> None:
    """Groups what follows."""


@app.command()
def fusion(
    questions: Questions,
    collection: CollectionName = "default",
    apply: Annotated[bool, typer.Option("--apply", help="Use the weight from now on, if the gain is proven.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="With --apply: use it even if the gain is not, or if all questions are generated."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Draws the folds.")] = 7,
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
    seed: Annotated[int, typer.Option(help="Draws everything.")] = 7,
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
