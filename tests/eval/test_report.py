"""What a report and the file of results say, from runs that were built by hand."""

import json
from dataclasses import replace
from math import gcd
from pathlib import Path

import pytest

from eval.commands import report
from eval.experiment import runs
from eval.experiment.outcomes import Lost, Run
from eval.report import plots
from eval.report.content import Section, sections
from eval.report.write import write_report
from ingest.errors import InvalidError
from tests.eval.handmade import made_run, outcomes, unanswerable

RIGHT, MIXED = [True] * 12, [True] * 4 + [False] * 8


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """The second configuration answers four of twelve questions."""
    run = made_run({"hybrid": outcomes(RIGHT), "bm25": outcomes(MIXED)})
    return run, written(run, tmp_path_factory.mktemp("two"))


def written(run: Run, data: Path) -> Path:
    folder = runs.save(run, data)
    write_report(run, folder)
    return folder


def section_of(run: Run, data: Path) -> Section:
    (section,) = sections(run, runs.load_aggregates(runs.save(run, data)))
    return section


def test_the_results_hold_what_the_questions_come_to(two: tuple[Run, Path]) -> None:
    run, folder = two
    hybrid, bm25 = runs.load_aggregates(folder)
    assert (hybrid.dataset, hybrid.configuration, hybrid.differences) == ("small", "hybrid", {})
    right = bm25.means["answered_right"]
    assert right.mean == pytest.approx(1 / 3)
    assert right.low < right.mean < right.high
    difference = bm25.differences["answered_right"]
    assert difference.mean.mean == pytest.approx(-2 / 3)
    assert difference.lost == 8
    assert difference.distinguishable
    assert bm25.percentiles["search_ms"] == (2.0, 2.0, 2.0)
    assert bm25.calibration_error == pytest.approx((4 * 0.1 + 8 * 0.3) / 12)
    assert bm25.risk_coverage_area == pytest.approx(sum(wrong / (4 + 8) for wrong in [8] * 8) / 12)
    assert json.loads((folder / "results.json").read_text())["aggregates"][1]["configuration"] == "bm25"
    assert runs.load_run(str(folder), folder) == run


def test_results_without_aggregates_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(InvalidError, match="holds no aggregates; write them with `citewell eval report"):
        write_report(made_run({"hybrid": outcomes(RIGHT)}), tmp_path)


def test_a_report_anew_leaves_the_results(tmp_path: Path) -> None:
    run = made_run({"hybrid": outcomes(MIXED)})
    folder = written(run, tmp_path)
    results, before = folder / "results.json", (folder / "results.json").stat().st_mtime_ns
    for name in ("report.html", "summary.json", "questions.csv"):
        (folder / name).unlink()
    report(str(results), tmp_path)
    assert results.stat().st_mtime_ns == before
    assert all((folder / name).stat().st_size for name in ("report.html", "report.md", "summary.json", "questions.csv"))
    assert not list(folder.glob("*.draft"))


def test_results_without_aggregates_are_completed_and_those_of_another_run_left(tmp_path: Path) -> None:
    folder = written(made_run({"hybrid": outcomes(MIXED)}), tmp_path)
    content = json.loads((folder / "results.json").read_text())
    old = tmp_path / "old" / "mine.json"
    old.parent.mkdir()
    old.write_text(json.dumps({key: value for key, value in content.items() if key != "aggregates"}))
    report(str(old), tmp_path)
    assert json.loads((old.parent / "results.json").read_text()) == content
    before = (old.parent / "results.json").read_bytes()
    with pytest.raises(InvalidError, match=r"old holds results\.json too.*move mine\.json elsewhere"):
        report(str(old), tmp_path)
    assert (old.parent / "results.json").read_bytes() == before


def test_results_that_cannot_be_written_leave_those_that_were_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made_run({"hybrid": outcomes(MIXED)})
    folder = written(run, tmp_path)
    before = (folder / "results.json").read_bytes()

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        runs.save(run, tmp_path)
    assert (folder / "results.json").read_bytes() == before
    assert not list(folder.glob("*.draft"))


def test_both_reports_tell_calibration_and_what_changed(two: tuple[Run, Path]) -> None:
    _, folder = two
    text, page = (folder / "report.md").read_text(), (folder / "report.html").read_text()
    assert "| Calibration error (lower is better) | 0.100 | 0.233 |" in text
    assert "| Area under risk-coverage (lower is better) | 0.000 | " in text
    assert "<td>Calibration error (lower is better)</td><td>0.100</td><td>0.233</td>" in page
    said = "bm25 is worse than hybrid in Answered from gold evidence: -0.667"
    assert said in text
    assert said in page


def test_both_reports_and_the_results_tell_risk_at_each_coverage(two: tuple[Run, Path]) -> None:
    _, folder = two
    text, page = (folder / "report.md").read_text(), (folder / "report.html").read_text()
    hybrid, bm25 = runs.load_aggregates(folder)
    assert hybrid.risk_coverage[-1] == (1.0, 0.0)
    assert bm25.risk_coverage[0] == (0.0833, 0.0)
    assert bm25.risk_coverage[-1] == (1.0, 0.6667)
    assert len(bm25.risk_coverage) == 12
    assert "| answered | hybrid | bm25 |\n|---|---:|---:|\n| 10 % | 0.000 | 0.000 |\n" in text
    assert "| 30 % | 0.000 | 0.000 |\n| 40 % | 0.000 | 0.667 |\n" in text  # eight share one confidence
    assert "<td>100 %</td><td>0.000</td><td>0.667</td>" in page


def test_what_the_figures_do_not_tell_is_told(tmp_path: Path) -> None:
    alike = [replace(one, text="How long is leave?") for one in outcomes(RIGHT)]
    run = replace(made_run({"hybrid": alike}), judge="m, prompt 2")
    folder = written(run, tmp_path)
    for name in ("report.html", "report.md"):
        said = (folder / name).read_text()
        assert "11 questions repeat another one" in said
        assert "12 answers of hybrid got no verdict of the judge." in said
    plain = written(made_run({"hybrid": outcomes(RIGHT)}), tmp_path / "other")
    assert "repeat another one" not in (plain / "report.html").read_text()


def test_the_funnel_is_counted_in_the_page(two: tuple[Run, Path]) -> None:
    page = (two[1] / "report.html").read_text()
    assert "<td>Ranked too low</td><td>0</td><td>8</td>" in page
    assert "<td>Not in the index</td><td>0</td><td>0</td>" in page
    assert "<td>All that were missed</td><td>0</td><td>8</td>" in page


def test_the_stages_are_named_alike_in_every_mode() -> None:
    assert not any(word in stage for stage in Lost for word in ("fusion", "both"))


def test_only_unanswerable_questions(tmp_path: Path) -> None:
    refused = [unanswerable(number, number > 2) for number in range(6)]
    run = made_run({"hybrid": refused, "bm25": refused})
    titles = [plot.title for plot in section_of(run, tmp_path).plots]
    assert not {"Recall at k", "Where missed questions were lost"} & set(titles)
    assert "Risk and coverage" in titles
    assert "<td>Refusal recall</td>" in (written(run, tmp_path) / "report.html").read_text()


def test_only_of_a_question_without_an_answer_it_is_said_that_nothing_answers_it(tmp_path: Path) -> None:
    missed = replace(outcomes([False])[0], gold=())
    assert "Nothing answers it." not in (written(made_run({"x": [missed]}), tmp_path) / "report.html").read_text()
    answered = replace(unanswerable(1, refused=False), gold=())
    page = (written(made_run({"x": [missed, answered]}), tmp_path) / "report.html").read_text()
    assert page.count("Nothing answers it.") == 1


def test_a_configuration_without_the_metric_has_no_bar_and_no_value(tmp_path: Path) -> None:
    run = made_run({"hybrid": outcomes(RIGHT), "deaf": [unanswerable(number, True) for number in range(12)]})
    section = section_of(run, tmp_path)
    assert "hybrid 1.000" in section.plots[0].alt
    assert "deaf" not in section.plots[0].alt
    assert section.tags == (("lookup", 12, (1.0, None)),)
    written(run, tmp_path)


@pytest.mark.parametrize("styles", [plots.MARKERS, plots.LINES, plots.HATCHES])
def test_configurations_of_the_same_colour_differ_otherwise(styles: tuple[str, ...]) -> None:
    assert gcd(len(plots.COLOURS), len(styles)) == 1


@pytest.mark.slow
def test_many_configurations_with_odd_names(tmp_path: Path) -> None:
    names = ["hybrid", "_hidden", "a$b$", "$x^", "<b>", "k=1 | k=2", "ü", "eighth"]
    run = made_run({name: outcomes(MIXED) for name in names})
    section = section_of(run, tmp_path)
    for plot in section.plots:
        if not plot.title.startswith("Answered from gold evidence: "):
            assert "_hidden" in plot.svg, plot.title
    assert "&lt;b&gt;" in (written(run, tmp_path) / "report.html").read_text()
