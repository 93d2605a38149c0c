"""Whatever a trace holds is shown as text."""

import socket

import pytest
from support.study_files import HOSTILE, HUGE, PARTS, TASKS, make_pages
from tracekd.study.definition import read_study
from tracekd.study.pages import survey_page

# control characters are shown by their pictures
SHOWN = HOSTILE.replace("\x00", "\u2400").replace("\x1b", "\u241b")


def start(page):
    """Go to the first item."""
    page.get_by_role("checkbox").check()
    page.locator("button.main").click()
    page.locator("button.main").click()


def test_hostile_texts_are_shown_as_text(tmp_path, open_page):
    _, pages = make_pages(tmp_path, HOSTILE, title="<script>window.hacked = 1</script></title> & more")
    page = open_page(pages["A"])
    page.on("dialog", lambda dialog: dialog.accept())
    start(page)
    assert page.locator(".trace").evaluate("e => e.textContent").endswith(SHOWN)
    assert page.locator(".trace").evaluate("e => e.children.length") == 0
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, textarea").count() == 0
    assert page.locator(".study").inner_text() == "<script>window.hacked = 1</script></title> & more"
    # an override of direction ends with its text
    assert page.locator(".trace").evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"


def test_hostile_choices_are_shown_as_text(tmp_path, open_page):
    plan, pages = make_pages(tmp_path, tasks=TASKS[:1])
    for item in plan["items"]:
        item["choices"] = ["Leeds", HOSTILE]
    study = read_study(tmp_path / "study.yaml")
    pages["A"].write_text(survey_page(study, plan, "A", *PARTS), "utf-8")
    page = open_page(pages["A"], viewport={"width": 390, "height": 844})
    start(page)
    choice = page.locator(".choices .text").last
    assert choice.evaluate("e => e.textContent") == SHOWN
    assert choice.evaluate("e => e.children.length") == 0
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_line_of_a_megabyte_stays_in_its_box(tmp_path, open_page):
    _, pages = make_pages(tmp_path, HUGE)
    page = open_page(pages["A"], viewport={"width": 390, "height": 844})
    start(page)
    assert page.locator(".trace").evaluate("e => e.textContent.length") > len(HUGE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".item").evaluate("e => e.clientHeight") <= 844


def test_the_policy_lets_nothing_else_run_or_load(tmp_path, browser):
    _, pages = make_pages(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        page = browser.new_page()
        page.goto(pages["A"].as_uri())
        refused = page.evaluate(
            """async (address) => {
                const script = document.createElement("script");
                script.textContent = "window.hacked = 1";
                document.body.append(script);
                const image = new Promise((resolve) => {
                    const element = document.createElement("img");
                    element.onerror = () => resolve(true);
                    element.onload = () => resolve(false);
                    element.src = address;
                });
                return (await image) && (await fetch(address).then(() => false, () => true));
            }""",
            f"http://127.0.0.1:{server.getsockname()[1]}/",
        )
        assert refused
        assert page.evaluate("window.hacked") is None
        with pytest.raises(BlockingIOError):
            server.accept()
        page.context.close()
