"""The `citewell` command with everything in it: that of `api.cli`, and `citewell eval`.

What evaluation needs is imported when one of its commands runs, so that the others start fast.
"""

from pathlib import Path
from typing import Annotated

import typer

from api import cli
from api.cli_options import AsJson, Config, Data
from api.settings import load_settings
from eval import tune_cli
from ingest.errors import InvalidError

app = typer.Typer(help="Measure quality, compare configurations, guard against regressions.", no_args_is_help=True)
cli.app.add_typer(app, name="eval")
cli.app.add_typer(tune_cli.app, name="tune")
RunName = Annotated[str, typer.Argument(help="Id of a run, `latest`, or a path.", metavar="RUN")]


def main() -> None:
    cli.main()


@app.command()
def run(
    experiment: Annotated[Path, typer.Argument(help="YAML file.", metavar="EXPERIMENT")],
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Run every configuration on every data set, and write the report."""
    from eval import commands

    commands.run(experiment, _data(data, config), config, as_json)


@app.command(name="list")
def list_runs(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """List the runs, newest first."""
    from eval import commands

    commands.list_runs(_data(data, config), as_json)


@app.command()
def compare(before: RunName, after: RunName, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Say what changed from one run to another, and whether it is more than chance."""
    from eval import commands

    commands.compare(before, after, _data(data, config), as_json)


@app.command()
def gate(
    baseline: Annotated[Path, typer.Option(help="File that results are held against.")],
    run: Annotated[str | None, typer.Option(help="A run that was made already; default: run now.")] = None,
    update: Annotated[Path | None, typer.Option(help="Make the baseline anew from this experiment file.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Fail if a metric fell by more than its margin, beyond chance."""
    from eval import commands

    folder = _data(data, config)
    if update:
        commands.update_baseline(baseline, update, run, folder, config)
    elif not commands.gate(baseline, run, folder, config):
        raise typer.Exit(1)


@app.command()
def clean(
    days: Annotated[int, typer.Option(min=0, help="Keep the indexes that were searched since.")] = 30,
    data: Data = None,
    config: Config = None,
) -> None:
    """Delete indexes that no run searched for long, and results of runs that never ended; reports stay."""
    from eval import commands

    commands.clean(_data(data, config), days)


@app.command()
def report(run: RunName, data: Data = None, config: Config = None) -> None:
    """Write the report of a run anew."""
    from eval import commands

    commands.report(run, _data(data, config))


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="File of questions to write.")],
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many questions.")] = 50,
    collection: Annotated[str, typer.Option(help="Which knowledge base.")] = "default",
    seed: Annotated[int, typer.Option(help="Draws the passages.")] = 7,
    llm_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint that writes the questions.")] = None,
    llm_model: Annotated[str | None, typer.Option(help="Its model.")] = None,
    llm_key: Annotated[str | None, typer.Option(help="Environment variable of its key.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a question set from what is indexed; its questions are marked as synthetic."""
    from eval import commands

    if (llm_url is None) is not (llm_model is None):
        raise InvalidError("--llm-url and --llm-model go together; give both or none.")
    llm = (llm_url, llm_model, llm_key) if llm_url and llm_model else None
    commands.generate(load_settings(config, {"data": data} if data else {}), collection, out, count, seed, llm)


def _data(data: Path | None, config: Path | None) -> Path:
    return load_settings(config, {"data": data} if data else {}).data
