"""Every kind of page, as axe-core judges it: light and dark, wide and narrow."""

import pytest
from support.accessibility import LOOKS, assert_accessible
from support.examples import ROOT
from support.study_files import NAMING, TASKS, make_pages
from tracekd.study.definition import read_study
from tracekd.study.registration import registration_page

# long enough to scroll in its box
TRACE = "First the class.\n\n" + "Then a long way to the answer. " * 1000


@pytest.mark.parametrize("look", LOOKS)
def test_every_kind_of_page_is_accessible(look, tmp_path, open_page):
    plan, pages = make_pages(
        tmp_path,
        TRACE + NAMING,
        checks=[{"name": "check", "text": "Choose agree.", "expected": 4}],
        tasks=TASKS,
    )
    page = open_page(pages["A"], **LOOKS[look])
    assert_accessible(page, "consent")
    page.locator("button.main").click()
    assert_accessible(page, "consent not given")
    page.get_by_role("checkbox").check()
    page.locator("button.main").click()
    assert_accessible(page, "instruction")
    page.locator("button.main").click()
    assert_accessible(page, "prediction")
    page.locator("button.main").click()
    assert_accessible(page, "prediction not made")
    page.locator("fieldset input").first.check()
    page.locator("button.main").click()
    assert_accessible(page, "item")
    page.locator("button.main").click()
    assert_accessible(page, "item with open statements")
    page.get_by_role("button", name="Back").click()
    assert_accessible(page, "prediction that stays")
    page.locator("button.main").click()
    page.get_by_role("button", name="Stop early").click()
    assert_accessible(page, "stopped")
    page.get_by_role("button", name="Go on").click()
    for _ in range(2 * len(plan["items"]) + len(plan["trials"])):
        for field in page.locator("fieldset").all():
            field.locator("input").first.check()
        if page.locator("h1").inner_text() == "A short check":
            assert_accessible(page, "check")
        if page.locator("legend").first.inner_text() == TASKS[1]["text"]:
            assert_accessible(page, "trial")
        page.locator("button.main").click()
    assert page.locator("h1").inner_text() == "Thank you"
    assert_accessible(page, "end")


@pytest.mark.parametrize("look", LOOKS)
def test_preregistration_is_accessible(look, tmp_path, open_page):
    plan, _ = make_pages(tmp_path, NAMING, tasks=TASKS)
    template = (ROOT / "resources/study/preregistration.html.j2").read_text("utf-8")
    path = tmp_path / "preregistration.html"
    path.write_text(registration_page(read_study(tmp_path / "study.yaml"), plan, template), "utf-8")
    assert_accessible(open_page(path, **LOOKS[look]), "pre-registration")
