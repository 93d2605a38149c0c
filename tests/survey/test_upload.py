"""Answers that the page sends to the receiver of the example: at once, when it can again, or as a file."""

import json

import pytest
from playwright.sync_api import expect
from support.playing import Participant, enter, play, save
from support.receiving import free_port, hosting, receiving
from support.study_files import make_pages, read_export
from tracekd.study.pages import completion_code
from tracekd.study.plan import write_plan
from tracekd.study.responses import read_study_responses

ARRIVED, LATER, FAILED = "Your answers have arrived", "have not arrived yet", "could not be sent"
TIMEOUT_MS = 60_000
# their clock is left alone, so that the waits between two attempts are real
PERSON = Participant("person", "A", frozenset({"hurried"}))


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Plan, address of group A's page, and port and folder of a receiver that is not yet started."""
    folder, port = tmp_path_factory.mktemp("upload"), free_port()
    plan, _ = make_pages(folder, upload=f"http://127.0.0.1:{port}/")
    write_plan(plan, folder / "plan.json")
    with hosting(folder, free_port()) as host:
        yield plan, host, port, folder


@pytest.fixture
def page(survey, browser):
    """The page of group A in a fresh profile."""
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto(f"{survey[1]}/survey_A.html")
    yield page
    context.close()


@pytest.fixture
def requests(page):
    """Method and address of every request that leaves the page from here on."""
    made = []
    page.on("request", lambda request: made.append((request.method, request.url)))
    return made


@pytest.fixture
def receiver(survey, tmp_path):
    """Start the receiver; give the folder that it writes to."""
    _, host, port, folder = survey
    with receiving(folder / "plan.json", tmp_path / "answers", host, port):
        yield tmp_path / "answers"


def records(folder, plan):
    return [export.record for export in read_study_responses(folder, plan)]


def expect_status(page, words):
    """Wait for what the page says of the answers."""
    expect(page.get_by_role("status")).to_contain_text(words, timeout=TIMEOUT_MS)


def kept(page):
    """What the browser keeps."""
    return json.loads(page.evaluate("localStorage.getItem(localStorage.key(0))"))


def hold(page):
    """Keep requests from leaving the page; give those that wait."""
    held = []
    page.route("**/*", lambda route: held.append(route))
    return held


def press_send(page):
    """Press the button, and see that answers are on their way."""
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Send my answers").click()


def test_answers_arrive_as_they_would_be_saved_and_a_copy_stays(survey, page, receiver, requests):
    plan, host, port, _ = survey
    expect(page.get_by_text("sends them to 127.0.0.1:")).to_be_visible()
    play(page, PERSON, plan)
    expect_status(page, ARRIVED)
    assert page.locator("#code").inner_text() == completion_code(plan, "A")
    assert records(receiver, plan) == [read_export(save(page, "JSON"))]
    assert kept(page)["sent"] and len(kept(page)["values"]) == len(plan["items"]) + len(plan["checks"])
    page.reload()
    expect_status(page, ARRIVED)
    assert [one for one in requests if not one[1].startswith(("blob:", "data:"))] == [
        ("POST", f"http://127.0.0.1:{port}/"),
        ("GET", f"{host}/survey_A.html"),
    ]


def test_answers_finished_offline_are_sent_as_soon_as_the_network_is_back(survey, page, receiver):
    # nothing is tried again just because time has passed
    page.add_init_script("{ const run = setTimeout; setTimeout = (what, ms) => ms < 1000 && run(what, ms); }")
    page.reload()
    page.context.set_offline(True)
    play(page, PERSON, survey[0])
    expect_status(page, LATER)
    expect(page.locator("#code")).to_have_count(0)
    page.context.set_offline(False)
    expect_status(page, ARRIVED)
    assert [record["completed"] for record in records(receiver, survey[0])] == [True]


def test_answers_are_sent_when_the_network_is_back_after_the_last_attempt(survey, page, receiver):
    page.context.set_offline(True)
    play(page, PERSON, survey[0])
    expect_status(page, FAILED)
    page.context.set_offline(False)
    expect_status(page, ARRIVED)
    assert len(records(receiver, survey[0])) == 1


def test_answers_are_tried_again_by_themselves(survey, page, receiver):
    replies = iter([503, 429])

    def refuse_twice(route):
        status = next(replies, None) if route.request.method == "POST" else None
        route.fulfill(status=status) if status else route.continue_()

    page.route("**/*", refuse_twice)
    play(page, PERSON, survey[0])
    expect_status(page, ARRIVED)
    assert len(records(receiver, survey[0])) == 1


def test_answers_wait_until_the_receiver_is_back(survey, page, tmp_path):
    plan, host, port, folder = survey
    play(page, PERSON, plan)
    expect_status(page, FAILED)
    expect(page.locator("#code")).to_have_count(0)
    with receiving(folder / "plan.json", tmp_path / "answers", host, port):
        page.get_by_role("button", name="Send my answers").click()
        expect_status(page, ARRIVED)
        expect(page.locator("#code")).to_be_visible()
    assert len(records(tmp_path / "answers", plan)) == 1


def test_who_cannot_send_saves_a_file_and_gets_the_code(survey, page, requests):
    page.route(
        "**/*",
        lambda route: route.fulfill(status=422) if route.request.method == "POST" else route.continue_(),
    )
    play(page, PERSON, survey[0])
    expect_status(page, FAILED)
    # what is refused for good is not tried again
    assert [method for method, _ in requests] == ["POST"]
    expect(page.locator("#code")).to_have_count(0)
    assert read_export(save(page, "JSON"))["completed"]
    expect(page.locator("#code")).to_be_visible()


def test_who_stops_early_sends_only_on_request_and_once(survey, page, receiver, requests):
    enter(page, PERSON)
    page.locator("fieldset input").first.check()
    page.get_by_role("button", name="Stop early").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert not requests
    held = hold(page)
    press_send(page)
    # what follows would never be sent
    expect(page.get_by_role("button", name="Go on")).to_be_disabled()
    held[0].continue_()
    expect_status(page, ARRIVED)
    expect(page.get_by_role("button", name="Go on")).to_be_hidden()
    assert [record["completed"] for record in records(receiver, survey[0])] == [False]


def test_answers_that_are_deleted_on_their_way_are_not_those_of_who_comes_next(survey, page, receiver):
    enter(page, PERSON)
    page.get_by_role("button", name="Stop early").click()
    held = hold(page)
    press_send(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete my answers").click()
    held[0].continue_()
    page.unroute_all()
    assert play(page, Participant("next", "A", frozenset({"hurried"})), survey[0])
    expect_status(page, ARRIVED)
    assert [record["participant"] for record in records(receiver, survey[0])] == ["next", "person"]


def test_the_policy_opens_the_address_of_the_study_and_no_other(survey, page, receiver):
    other = hosting(survey[3], free_port())
    with other as address:
        reaches = "(address) => fetch(address, { mode: 'no-cors' }).then(() => true, () => false)"
        assert page.evaluate(reaches, f"http://127.0.0.1:{survey[2]}/")
        assert not page.evaluate(reaches, address)
        assert not page.evaluate(reaches, survey[1])


def test_without_an_address_the_code_comes_with_the_file(tmp_path, open_page):
    plan, pages = make_pages(tmp_path)
    page = open_page(pages["A"])
    expect(page.get_by_text("this page sends nothing")).to_be_visible()
    play(page, PERSON, plan)
    expect(page.locator("#code")).to_have_count(0)
    expect(page.get_by_text("as soon as your answers are saved")).to_be_visible()
    save(page, "JSON")
    expect(page.locator("#code")).to_have_text(completion_code(plan, "A"))
