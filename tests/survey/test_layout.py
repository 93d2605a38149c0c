"""How an item fits on a screen: height, text beside the statements, a row of points, one line of progress."""

import pytest
from support.playing import PHONE
from support.study_files import PEOPLE, TASKS, make_choosing, make_pages

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
SCREENS = {"desktop": (DESKTOP, 1.3), "phone": (PHONE, 2.0)}
# two lines, and 500 words
SHORT = (
    "Aberdeen is named in facts 0 and 2. Both overlap with the time asked for, so the answer is David Widder."
)
TRACES = {"short": SHORT, "long": " ".join(["reasoning"] * 500)}
SCROLLS = "e => e.scrollHeight > e.clientHeight"


@pytest.fixture(params=TRACES)
def pages(request, tmp_path):
    """The survey pages of a study with traces of one length."""
    return make_pages(tmp_path, TRACES[request.param])[1]


def go_to_item(page):
    """Consent, read the instruction and see the first item."""
    page.get_by_role("checkbox").check()
    page.locator("button.main").click()
    page.locator("button.main").click()


@pytest.mark.parametrize("screen", SCREENS)
def test_an_item_needs_little_scrolling(pages, screen, open_page):
    options, most = SCREENS[screen]
    page = open_page(pages["A"], **options)
    go_to_item(page)
    screens = page.evaluate("document.documentElement.scrollHeight / innerHeight")
    print(f"{screen}: {screens:.2f} screens")
    assert screens <= most
    # whoever is told that something is missing needs little more
    page.locator("button.main").click()
    assert page.evaluate("document.documentElement.scrollHeight / innerHeight") <= most + 0.1
    for field in page.locator("fieldset").all():
        boxes = [point.bounding_box() for point in field.locator(".point").all()]
        assert len({box["y"] for box in boxes}) == 1
        assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
        assert all(
            point.evaluate("e => e.scrollWidth <= e.clientWidth") for point in field.locator(".point").all()
        )


@pytest.mark.parametrize("length", TRACES)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_page_of_a_task_needs_no_more_scrolling_than_an_item(length, screen, tmp_path, open_page):
    text = f"{TRACES[length]} {' '.join(PEOPLE)}"
    options, most = SCREENS[screen]
    page = open_page(make_pages(tmp_path, text, make_choosing(), tasks=TASKS)[1]["A"], **options)
    go_to_item(page)
    kinds = set()
    while page.locator("h1").inner_text() != "Thank you":
        kinds.add(" ".join(page.locator("legend").all_inner_texts()))
        screens = page.evaluate("document.documentElement.scrollHeight / innerHeight")
        assert screens <= most
        if choices := page.locator(".choices .point").all():
            boxes = [choice.bounding_box() for choice in choices]
            assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)
            assert len({box["x"] for box in boxes}) == 1 and len(boxes) in (2, 5)
            assert all(choice.evaluate("e => e.scrollWidth <= e.clientWidth") for choice in choices)
        for field in page.locator("fieldset").all():
            field.locator("input").first.check()
        page.locator("button.main").click()
    assert {task["text"] for task in TASKS} < kinds


def test_the_text_stays_beside_the_statements(pages, open_page):
    page = open_page(pages["A"], **DESKTOP)
    go_to_item(page)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    text, last = page.locator(".item").bounding_box(), page.locator("fieldset").last.bounding_box()
    assert text["x"] + text["width"] < last["x"]
    # all of its box is on the screen
    assert text["y"] >= 0 and text["y"] + text["height"] <= 800


def test_anchors_stand_in_the_row_of_the_points_and_are_heard_with_them(pages, open_page):
    page = open_page(pages["A"], **PHONE)
    go_to_item(page)
    effort = page.get_by_role("group", name="How hard did you have to work")
    names = ["1 very low", "2", "3", "4", "5 very high"]
    assert [effort.get_by_role("radio", name=name, exact=True).count() for name in names] == [1] * 5
    row = effort.locator(".points").bounding_box()
    for words in effort.locator(".end").all():
        box = words.bounding_box()
        assert row["y"] <= box["y"] and box["y"] + box["height"] <= row["y"] + row["height"]


def test_progress_is_told_once(pages, open_page):
    page = open_page(pages["A"], **DESKTOP)
    go_to_item(page)
    assert page.get_by_text("of 4").all_inner_texts() == ["Question 1 of 4"]
    assert page.get_by_role("progressbar", name="Progress").is_visible()


def test_long_text_is_reached_by_keyboard(tmp_path, open_page):
    page = open_page(make_pages(tmp_path, TRACES["long"])[1]["A"], **PHONE)
    go_to_item(page)
    item = page.get_by_role("region", name="Question, reasoning and answer")
    assert item.evaluate(SCROLLS)
    item.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.item').scrollTop > 0")
