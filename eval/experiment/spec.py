"""What an experiment file says."""

import itertools
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from eval.experiment.sets import Kind
from ingest.errors import InvalidError

ONLY = "default"
"""Name of the configuration of an experiment that names none: the settings as they are."""


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatasetSpec(_Spec):
    """Paths are relative to the experiment file.

    `questions`: file of the questions where they are not beside their documents. `cases`: how many to draw; default
    all. `cut_tokens`: cut the documents of a BEIR set to so many tokens of the embedding model, as published figures
    often do.
    """

    kind: Kind
    path: Path
    questions: Path | None = None
    name: str | None = None
    cases: int | None = Field(default=None, ge=1)
    cut_tokens: int | None = Field(default=None, ge=16)

    @model_validator(mode="after")
    def _options_fit(self) -> "DatasetSpec":
        if self.cut_tokens and self.kind != "beir":
            raise ValueError("only data sets of kind beir can be cut")
        if self.questions and self.kind != "questions":
            raise ValueError("only data sets of kind questions name a file of questions")
        return self

    @property
    def label(self) -> str:
        return self.name or self.path.resolve().name


class JudgeSpec(_Spec):
    """An OpenAI-compatible endpoint that judges answers; `key_variable` names the environment variable of its key."""

    url: str
    model: str
    key_variable: str | None = None


class Prices(_Spec):
    """Of a million tokens of the generator, in any currency; for the metric `cost`."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class ExperimentSpec(_Spec):
    """`configurations`: name -> settings that differ, nested or dotted. `matrix`: dotted setting -> values; one more
    configuration for each combination. `depth`: how many ranks are judged. `tuned`: a collection of the data folder;
    what `citewell tune` fitted to it is used where a configuration leaves `retrieval.tuned` and `answers.tuned` true.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    datasets: list[DatasetSpec] = Field(min_length=1)
    configurations: dict[str, dict[str, Any]] = Field(default_factory=dict)
    matrix: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(default_factory=dict)
    baseline: str | None = None
    depth: int = Field(default=100, ge=10, le=1000)
    answers: bool = True
    tuned: str | None = None
    judge: JudgeSpec | None = None
    prices: Prices | None = None
    seed: int = Field(default=7, ge=0, le=2**32 - 1)

    @model_validator(mode="after")
    def _names_are_right(self) -> "ExperimentSpec":
        names = [name for name, _ in self._configurations()]
        if len(set(names)) < len(names):
            raise ValueError(f"two configurations have the same name ({'; '.join(names)})")
        if self.baseline is not None and self.baseline not in names:
            raise ValueError(f"baseline {self.baseline!r} is none of the configurations {', '.join(names)}")
        labels = [one.label for one in self.datasets]
        if len(set(labels)) < len(labels):
            raise ValueError(f"two data sets have the same name ({', '.join(labels)}); give one of them a name")
        return self

    def expanded(self) -> dict[str, dict[str, Any]]:
        """Name of each configuration -> nested settings."""
        return dict(self._configurations())

    def _configurations(self) -> list[tuple[str, dict[str, Any]]]:
        found = [(name, nested(changes)) for name, changes in self.configurations.items()]
        for values in itertools.product(*self.matrix.values()) if self.matrix else ():
            chosen = dict(zip(self.matrix, values, strict=True))
            name = ", ".join(f"{key.split('.')[-1]}={value}" for key, value in chosen.items())
            found.append((name, nested(chosen)))
        return found or [(ONLY, {})]


def load_experiment(path: Path) -> ExperimentSpec:
    """Data set paths come out relative to the working directory.

    Raises:
        InvalidError: the file cannot be read, or a key is unknown or wrong; names it.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        spec = ExperimentSpec.model_validate(content)
    except OSError as error:
        raise InvalidError(f"The experiment {path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidError(f"The experiment {path} is not valid YAML in UTF-8 ({error}).") from error
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)
        said = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in problems)
        raise InvalidError(f"The experiment {path} is wrong: {said}.") from None
    return spec.model_copy(update={"datasets": [_placed(one, path.parent) for one in spec.datasets]})


class _Loader(yaml.SafeLoader):
    """Refuses a key that a mapping has twice; PyYAML takes the last one."""

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if (key.tag, key.value) in seen:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is there twice", problem_mark=key.start_mark)
            seen.add((key.tag, key.value))
        return node


def _placed(spec: DatasetSpec, folder: Path) -> DatasetSpec:
    questions = folder / spec.questions if spec.questions else None
    return spec.model_copy(update={"path": folder / spec.path, "questions": questions})


def nested(changes: dict[str, Any]) -> dict[str, Any]:
    """`{"retrieval.mode": "bm25"}` -> `{"retrieval": {"mode": "bm25"}}`; what is nested already stays.

    Raises:
        ValueError: a key is no string.
    """
    found: dict[str, Any] = {}
    for key, value in changes.items():
        if not isinstance(key, str):
            raise ValueError(f"the key {key!r} is no name of a setting; settings are words")
        section, dot, rest = key.partition(".")
        below = nested({rest: value}) if dot else (nested(value) if isinstance(value, dict) else value)
        found = _merged(found, {section: below})
    return found


def _merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """At every depth; of two values the second counts."""
    both = {
        key: _merged(first[key], value) if isinstance(value, dict) and isinstance(first.get(key), dict) else value
        for key, value in second.items()
    }
    return {**first, **both}
