"""The bench of the language model in this process, with a small one."""

from pathlib import Path

import pytest
import torch

from eval.bench.generation import Figures, main, questions, to_table


def test_one_client_and_several(random_llm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--set", f"answers.model={random_llm}", "--set", "answers.device=cpu", "--tokens", "3", "--runs", "1"]
    assert main([*chosen, "--clients", "1", "2", "--requests", "2"]) == 0
    shown = capsys.readouterr().out
    assert "times one" in shown
    assert f"{random_llm} on cpu" in " ".join(shown.split()).replace("/ ", "/")


def test_ratios_are_those_of_the_same_run() -> None:
    table = to_table({1: [Figures(10, (5,)), Figures(20, (7,))], 4: [Figures(40, (9, 3)), Figures(40, (1, 1))]}, "")
    cells = [list(column.cells) for column in table.columns]
    assert cells == [["1", "4"], ["15.0", "40.0"], ["1.00", "3.00"], ["6", "4"], ["6", "5"]]


def test_no_two_questions_are_alike() -> None:
    assert len({one.question for one in questions(8)}) == 8


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_large_model_without_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--random", "7b"]) == 1
    assert "There is no GPU here" in capsys.readouterr().err
