"""The report in a real browser: no error, no request, nothing wider than a phone's screen."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from eval.experiment import runs
from eval.experiment.outcomes import Run
from eval.report.write import write_report
from tests.eval.handmade import made_run, outcomes

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def report(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = runs.save(small_run, tmp_path_factory.mktemp("report"))
    write_report(small_run, folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def wide_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of more configurations than there are colours, with long names."""
    names = [f"_chunk_tokens={number}, mode=hybrid, dense_weight=0.25" for number in range(9)]
    run = made_run({name: outcomes([True] * 4 + [False] * 8) for name in names}, synthetic=True)
    folder = runs.save(run, tmp_path_factory.mktemp("wide"))
    write_report(run, folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_report_in_a_browser(browser: Browser, report: Path, width: int) -> None:
    opens_cleanly(browser, report, width)


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_a_report_of_many_configurations_in_a_browser(browser: Browser, wide_report: Path, width: int) -> None:
    opens_cleanly(browser, wide_report, width)


def opens_cleanly(browser: Browser, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert page.locator("figure svg").count() >= 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert [url for url in requests if not url.startswith(("data:", report.as_uri()))] == []
    page.close()
