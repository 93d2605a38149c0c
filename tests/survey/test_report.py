"""Snakemake's report of a run: it can be read, whatever its size, and what a question holds is text in it."""

import json
import re
import zipfile

import pytest
from playwright.sync_api import expect
from support.crate_musts import list_broken
from support.released_files import EMPLOYERS, MODEL, write_mirror
from support.workflow import copy_project, snakemake

pytestmark = pytest.mark.workflow
# stands in a question, its facts, prompts and generations
HOSTILE = "<script>window.hacked = 1</script></textarea></script><img src=x onerror='window.hacked = 1'>"
TIMEOUT_MS = 60_000  # megabytes of page, on a busy machine
CATEGORIES = ["Claims", "Figures", "Headline", "Published numbers", "Tables"]
# of a page as a data URL, the form that it has in report.html: Chromium shows no larger one
MOST_BYTES = 2 << 20
LARGE, END = "pages/large.html", "the end of the page"
TOY = f"""
rule large:
    input:
        "large.html",
    output:
        report({LARGE!r}, category="Pages", labels={{"result": "large"}}),
    shell:
        "cp {{input}} {{output}}"
"""


def unzip(report):
    """Unpack a report beside itself; give the page to open."""
    with zipfile.ZipFile(report) as archive:
        archive.extractall(report.parent)
    return report.with_suffix("") / "report.html"


def read_shown(page, name):
    """What the program of a report reads: its `results`, its `categories`, its `workflow_desc`."""
    found = re.search(rf'<script id="[\w-]+">\s*var {name} = (.*);\n', page.read_text("utf-8"))
    return json.loads(found[1])


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The report of a run with one page of more than 2 MiB, as a ZIP archive and as one file."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "Snakefile").write_text(TOY, "utf-8")
    (folder / "large.html").write_text(f"<!DOCTYPE html><p>{'word ' * (MOST_BYTES // 5)}<p>{END}", "utf-8")
    snakemake(folder)
    for form in ("zip", "html"):
        snakemake(folder, "--report", f"report.{form}")
    return folder


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """A project in which generations about hostile questions were replayed, with report and crate."""
    folder = tmp_path_factory.mktemp("hostile")
    project, mirror = copy_project(folder / "project"), write_mirror(folder, (*EMPLOYERS[:2], HOSTILE))
    some = {"replay": {"datasets": ["cotempqa"], "models": [MODEL], "arms": ["none", "correct", "incorrect"]}}
    (folder / "some.yaml").write_text(json.dumps(some | {"mirror": str(mirror)}))
    command = ["--configfile", "config/replay.yaml", str(folder / "some.yaml")]
    snakemake(project, *command)
    snakemake(project, *command, "--report", "results/replay/report.zip")
    snakemake(project, "write_crate", *command)
    return project


@pytest.fixture(scope="module")
def report(replayed):
    """The unpacked report of that run."""
    return unzip(replayed / "results/replay/report.zip")


def test_a_large_page_is_a_file_of_the_archive_and_a_data_url_of_the_single_file(large):
    page = unzip(large / "report.zip")
    shown = read_shown(page, "results")[LARGE]["data_uri"]
    assert (page.parent / shown).read_bytes() == (large / LARGE).read_bytes()
    inside = read_shown(large / "report.html", "results")[LARGE]["data_uri"]
    assert inside.startswith("data:text/html") and len(inside) > MOST_BYTES


@pytest.fixture
def show_large(large, browser):
    """Open a report and what it has in the only category; give the frame."""
    page = browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)

    def show(report):
        page.goto(report.as_uri())
        page.get_by_role("link", name="Results", exact=True).click()
        page.locator("a[iconname=eye]").click()
        return page.locator("iframe").element_handle().content_frame()

    yield show
    page.context.close()


def test_the_archive_shows_a_large_page(large, show_large):
    frame = show_large(unzip(large / "report.zip"))
    expect(frame.get_by_text(END)).to_be_attached(timeout=TIMEOUT_MS)


def test_the_single_file_does_not_show_a_large_page(large, show_large):
    # the reason for the archive; where a later browser shows it, the single file will do
    show_large(large / "report.html").wait_for_url("about:blank#blocked")


def test_the_first_page_names_what_was_replayed(report):
    words = " ".join(read_shown(report, "workflow_desc").split())
    assert f"datasets cotempqa; models {MODEL}; arms none, correct, incorrect;" in words


def test_the_main_claims_come_first(report):
    categories = read_shown(report, "categories")
    assert sorted(categories) == CATEGORIES
    ((first, *others),) = categories[CATEGORIES[0]].values()
    assert {first, *others} == {
        "results/replay/report/main_claims.html",
        "results/replay/tables/main_claims.csv",
    }


def test_every_table_is_a_page_beside_its_spreadsheet_and_all_labels_have_one_form(report):
    results = read_shown(report, "results")
    forms = {}
    for path, one in results.items():
        assert next(iter(one["labels"])) == "result"
        assert (report.parent / one["data_uri"]).is_file() and one["caption"]
        if path.endswith((".csv", ".html")):
            forms.setdefault(one["labels"]["result"], []).append(one["labels"]["form"])
    assert len(forms) > 10 and all(sorted(form) == ["page", "spreadsheet"] for form in forms.values())


def test_a_table_can_be_read_in_the_report(report, browser):
    page = browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(report.as_uri())
    page.get_by_role("link", name=CATEGORIES[0], exact=True).click()
    page.locator("a[iconname=eye]").first.click()
    expect(page.frame_locator("iframe").locator("table").first).to_be_visible()
    page.context.close()


def test_a_table_stands_in_its_style_on_a_page_without_a_fault(replayed, open_page):
    page = open_page(replayed / "results/replay/report/claims.html")
    expect(page.locator("td.right").first).to_have_css("text-align", "right")


def test_the_crate_of_a_whole_run_has_all_that_it_must_have(replayed):
    assert list_broken(replayed) == []
    crate = json.loads((replayed / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    known = {one["@id"]: one for one in crate}
    files = [*replayed.glob("results/replay/tables/*"), *replayed.glob("figures/replay/*")]
    assert {str(path.relative_to(replayed)) for path in files if path.is_file()} <= known.keys()
    read = [one["@id"] for one in known["#run"]["object"]]
    # the mirror and the second configuration lie outside
    assert {"config.yaml", "config/replay.yaml"} <= set(read) and any(one.startswith("ni:") for one in read)


def is_hacked(page):
    """Whether a script of the hostile text has run in the page or any of its frames."""
    return any(frame.evaluate("window.hacked") is not None for frame in page.frames)


def test_the_hostile_text_would_run_where_it_is_markup(browser):
    page = browser.new_page()
    page.set_content(HOSTILE)
    assert is_hacked(page)
    page.context.close()


def test_no_script_runs_in_a_report_of_hostile_questions(report, browser):
    page = browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    for category in CATEGORIES:
        page.goto(report.as_uri())
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
