"""Participants who play a survey as people do: by mouse, by keyboard, with second thoughts."""

import re
from dataclasses import dataclass

from playwright.sync_api import Download, Page, expect

CONTINUE = "button.main"
SAVE = {"JSON": "Save my answers", "CSV": "Save them as a table (CSV)"}
FOCUSED = "document.activeElement"
# what reading an item takes by the browser's clock, which is put forward
READING_MS = 20_000
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Participant:
    """Who plays, and how.

    Ways are any of `reload`, `skip`, `back`, `keyboard`, `phone`, `dark`; and of those who are left out later
    `careless` (fails the checks), `hurried` and `stops`.
    """

    name: str
    group: str
    ways: frozenset[str]

    @property
    def screen(self) -> dict:
        """Options of the browser's page."""
        options = {"color_scheme": "dark" if "dark" in self.ways else "light"}
        return options | (PHONE if "phone" in self.ways else {})


def title(page: Page) -> str:
    """What the page is headed."""
    return page.locator("h1").inner_text()


def value_of(participant: Participant, position: int, place: int) -> int:
    """The rating that a participant gives: it differs from page to page and statement to statement."""
    return (len(participant.name) + ord(participant.name[-1]) + 2 * position + place) % 5 + 1


def press_to(page: Page, test: str) -> None:
    """Press Tab until the focused element passes a test (JavaScript, `e`)."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"(e => {test})({FOCUSED})"):
            return
    raise AssertionError(f"no Tab leads to {test}")


def move_on(page: Page, participant: Participant) -> None:
    """Press the main button, and wait for the next page."""
    before = title(page)
    if "keyboard" in participant.ways:
        press_to(page, "e.matches('button.main')")
        page.keyboard.press("Enter")
    else:
        page.locator(CONTINUE).click()
    expect(page.locator("h1")).not_to_have_text(before)


def choose(page: Page, participant: Participant, values: list[int]) -> None:
    """Rate the statements of a page in their order."""
    if "keyboard" in participant.ways:
        for value in values:
            press_to(page, "e.type === 'radio'")
            page.keyboard.press("Space")
            for _ in range(value - 1):
                page.keyboard.press("ArrowRight")
        return
    for field, value in zip(page.locator("fieldset").all(), values, strict=True):
        field.locator(f"input[value='{value}']").check()


def chosen(page: Page) -> list[int]:
    """Ratings that the page shows as given."""
    return [int(radio.get_attribute("value")) for radio in page.locator("fieldset input:checked").all()]


def enter(page: Page, participant: Participant) -> None:
    """Consent and read the instruction."""
    if "skip" in participant.ways:
        page.locator(CONTINUE).click()
        expect(page.get_by_role("alert")).to_contain_text("Please tick this box")
        assert page.evaluate(f"{FOCUSED}.id") == "agree"
    if "keyboard" in participant.ways:
        press_to(page, "e.id === 'participant'")
        page.keyboard.type(participant.name)
        press_to(page, "e.id === 'agree'")
        page.keyboard.press("Space")
    else:
        page.get_by_label("Participant ID").fill(participant.name)
        page.get_by_role("checkbox").check()
    move_on(page, participant)
    assert title(page) == "How it works"
    move_on(page, participant)


def choice_of(participant: Participant, position: int, n_choices: int) -> int:
    """The answer of a task that a participant chooses: it differs from page to page."""
    return (len(participant.name) + ord(participant.name[-1]) + position) % n_choices + 1


def play(page: Page, participant: Participant, plan: dict) -> dict[tuple[str, ...], dict[str, int]]:
    """Answer every page up to the end, in the participant's ways.

    Gives what was answered, by what was read: question or task to value.
    """
    enter(page, participant)
    checks = {check["text"]: check["expected"] for check in plan["checks"]}
    names = [question["name"] for question in plan["questions"]]
    n_items = len(plan["groups"][0]["sequence"])
    n_pages = n_items + len(plan.get("trials", []))
    position, guesses, given = 0, False, {}
    while title(page) != "Thank you":
        if title(page) == "A short check":
            expected = checks[page.locator("legend").inner_text()]
            choose(page, participant, [expected % 5 + 1 if "careless" in participant.ways else expected])
            move_on(page, participant)
            continue
        guessed, guesses = guesses, title(page).endswith(", without its answer")
        position += not guessed
        assert title(page).startswith(f"Question {position} of {n_pages}")
        # a new page starts at its heading, for those who listen
        assert page.evaluate(f"{FOCUSED}.tagName") == "H1"
        if "stops" in participant.ways and position == n_items and not guesses:
            page.get_by_role("button", name="Stop early").click()
            return given
        if guesses or position > n_items:
            assert not page.locator(".answer").count()
            asked = ["predict" if guesses else "find_error"]
            values = [choice_of(participant, position, page.locator("fieldset input").count())]
        else:
            asked = names
            values = [value_of(participant, position, place) for place in range(len(names))]
        given.setdefault(read(page), {}).update(zip(asked, values, strict=True))
        if "hurried" not in participant.ways:
            page.clock.fast_forward(READING_MS)
        if "skip" in participant.ways and position == 1:
            try_to_skip(page, values)
        choose(page, participant, values)
        if position == 2 or position == n_pages:
            here = title(page)
            if "reload" in participant.ways:
                page.reload()
                assert title(page) == here
                assert chosen(page) == values
            if "back" in participant.ways:
                go_back_and_return(page, participant)
                assert title(page) == here
                assert chosen(page) == values
        move_on(page, participant)
    return given


def read(page: Page) -> tuple[str, ...]:
    """Question and facts of an item's page."""
    return tuple(page.locator(".question, .facts li").all_text_contents())


def save(page: Page, kind: str) -> Download:
    """Download the export, as `JSON` or `CSV`."""
    with page.expect_download() as info:
        page.get_by_role("link", name=SAVE[kind]).click()
    return info.value


def try_to_skip(page: Page, values: list[int]) -> None:
    """Move on with all but one question answered: the page stays, says so and goes to what is missing."""
    for field, value in list(zip(page.locator("fieldset").all(), values, strict=True))[1:]:
        field.locator(f"input[value='{value}']").check()
    before = title(page)
    page.locator(CONTINUE).click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Please choose (a point|an answer) here"))
    assert title(page) == before
    assert page.evaluate(f"{FOCUSED}.closest('fieldset') === document.querySelector('fieldset')")


def go_back_and_return(page: Page, participant: Participant) -> None:
    """Go one page back, find its answers as given, and return."""
    here = title(page)
    page.get_by_role("button", name="Back").click()
    expect(page.locator("h1")).not_to_have_text(here)
    assert chosen(page)
    move_on(page, participant)
