"""Whatever a question holds is text in the report of its run: no script of it runs, wherever it is shown."""

import json

import pytest
from playwright.sync_api import expect
from support.released_files import EMPLOYERS, MODEL, write_mirror
from support.workflow import copy_project, snakemake

pytestmark = pytest.mark.workflow
# stands in a question, its facts, prompts and generations
HOSTILE = "<script>window.hacked = 1</script></textarea></script><img src=x onerror='window.hacked = 1'>"
TIMEOUT_MS = 60_000  # megabytes of page, on a busy machine
CATEGORIES = ("Claims", "Figures", "Headline", "Tables")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """A project in which generations about hostile questions were replayed, with its report."""
    folder = tmp_path_factory.mktemp("hostile")
    project, mirror = copy_project(folder / "project"), write_mirror(folder, (*EMPLOYERS[:2], HOSTILE))
    some = {"replay": {"datasets": ["cotempqa"], "models": [MODEL], "arms": ["none", "correct", "incorrect"]}}
    (folder / "some.yaml").write_text(json.dumps(some | {"mirror": str(mirror)}))
    command = ["--configfile", "config/replay.yaml", str(folder / "some.yaml")]
    snakemake(project, *command)
    snakemake(project, *command, "--report", "report.html")
    return project


def is_hacked(page):
    """Whether a script of the hostile text has run in the page or any of its frames."""
    return any(frame.evaluate("window.hacked") is not None for frame in page.frames)


def test_the_hostile_text_would_run_where_it_is_markup(browser):
    page = browser.new_page()
    page.set_content(HOSTILE)
    assert is_hacked(page)
    page.context.close()


def test_no_script_runs_in_a_report_of_hostile_questions(replayed, browser):
    page = browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    for category in CATEGORIES:
        page.goto((replayed / "report.html").as_uri())
        page.get_by_role("link", name=category, exact=True).click()
        results = page.locator("a[iconname=eye]")
        expect(results.first).to_be_visible()
        for result in results.all():
            result.click()
            page.wait_for_load_state()
            assert not is_hacked(page), category
    page.context.close()


def test_the_page_shows_hostile_questions_as_text(replayed, open_page):
    page = open_page(replayed / "results/replay/index.html", "#items?text=hacked")
    expect(page.locator(".items .text").first).to_have_text(f"Who at {HOSTILE}?")
    page.locator(".items a").first.click()
    expect(page.locator(".facts li").first).to_contain_text(HOSTILE)
    assert not is_hacked(page)


def test_no_table_shows_what_a_question_says(replayed):
    tables = (path for path in replayed.glob("results/replay/tables/**/*") if path.is_file())
    shown = [*tables, *replayed.glob("results/replay/*.html")]
    assert not [path.name for path in shown if "hacked" in path.read_text("utf-8")]
