"""Four participants answer the surveys of all groups from start to export."""

import csv
import io
from pathlib import Path

import pytest
from support.playing import CONTINUE, Participant, choice_of, enter, play, save, title, value_of
from support.study_files import NAMING, TASKS, make_pages, read_export
from tracekd.core.raw import check_row
from tracekd.core.records import validator
from tracekd.study.pages import completion_code
from tracekd.study.responses import read_study_responses

PARTICIPANTS = [
    Participant(f"person-{number}", "ABCD"[number % 4], frozenset(ways.split()))
    for number, ways in enumerate(
        [
            "",
            "reload keyboard dark",
            "phone skip back reload",
            "careless",
        ]
    )
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Plan and pages of a small study between subjects."""
    return make_pages(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """The same with tasks beside the ratings."""
    return make_pages(tmp_path_factory.mktemp("tasks"), NAMING, tasks=TASKS)


@pytest.mark.parametrize(
    "participant", PARTICIPANTS, ids=lambda one: f"{one.name} {' '.join(sorted(one.ways))}"
)
def test_participant_comes_to_the_end(participant, study, open_page):
    plan, pages = study
    page = open_page(pages[participant.group], **participant.screen)
    play(page, participant, plan)

    record = read_export(save(page, "JSON"))
    check_row(validator("study_response"), record, "export")
    assert (record["study"], record["plan_sha256"]) == (plan["study"], plan["plan_sha256"])
    assert (record["group"], record["participant"]) == (participant.group, participant.name)
    assert record["completed"]
    assert page.locator("#code").inner_text() == completion_code(plan, participant.group)

    names = [question["name"] for question in plan["questions"]]
    given = {(answer["position"], answer["question"]): answer["value"] for answer in record["answers"]}
    assert given == {
        (position, name): value_of(participant, position, place)
        for position in range(1, len(plan["items"]) + 1)
        for place, name in enumerate(names)
    }
    sequence = next(group["sequence"] for group in plan["groups"] if group["group"] == participant.group)
    shown = {answer["item"]: answer["condition"] for answer in record["answers"]}
    assert shown == {step["item"]: step["condition"] for step in sequence}
    assert [check["passed"] for check in record["checks"]] == ["careless" not in participant.ways] * 2
    assert all(answer["seconds"] >= 0 for answer in record["answers"])

    assert read_csv(save(page, "CSV")) == record


def read_csv(download):
    """The record that a CSV export holds."""
    rows = list(csv.DictReader(io.StringIO(Path(download.path()).read_bytes().decode("utf-8"))))
    head = {name: rows[0][name] for name in ("study", "plan_sha256", "group", "participant")}
    answers = [
        {
            "position": int(row["position"]),
            **{name: row[name] for name in ("item", "condition", "question")},
            "value": int(row["value"]),
            "seconds": float(row["seconds"]),
        }
        for row in rows
        if row["item"]
    ]
    checks = [(row["question"], int(row["value"])) for row in rows if not row["item"]]
    expected = {"attention_agree": 4, "attention_disagree": 1}
    return {
        **head,
        "completed": {row["completed"] for row in rows} == {"true"},
        "answers": answers,
        "checks": [
            {"check": name, "value": value, "passed": value == expected[name]} for name, value in checks
        ],
    }


@pytest.mark.parametrize(
    "participant", PARTICIPANTS[1:3], ids=lambda one: f"{one.name} {' '.join(sorted(one.ways))}"
)
def test_what_is_chosen_in_tasks_is_exported_as_it_was_chosen(participant, tasks, tmp_path, open_page):
    plan, pages = tasks
    page = open_page(pages[participant.group], **participant.screen)
    play(page, participant, plan)
    for sentence in (TASKS[1]["debrief"], "Thank you for taking part."):
        assert page.get_by_text(sentence).is_visible()
    table = save(page, "CSV").path()
    record = read_export(save(page, "JSON"))
    assert read_csv(save(page, "CSV")) == record
    (tmp_path / "sent.csv").write_bytes(Path(table).read_bytes())
    (export,) = read_study_responses(tmp_path, plan)
    assert export.record == record and record["completed"]
    given = {
        (answer["position"], answer["question"]): answer["value"]
        for answer in record["answers"]
        if answer["question"] in ("predict", "find_error")
    }
    assert given == {
        (position, "predict" if position <= 4 else "find_error"): choice_of(participant, position, 2)
        for position in range(1, 9)
    }
    # both pages of an item are one reading; the clock is put forward after the first page was opened
    pages = {answer["position"]: (answer["item"], answer["seconds"]) for answer in record["answers"]}
    assert {(answer["item"], answer["seconds"]) for answer in record["answers"]} == set(pages.values())
    assert all(pages[position][1] >= (40 if position <= 4 else 20) for position in range(2, 9))


def test_a_prediction_stays_once_the_answer_was_shown(tasks, open_page):
    page = open_page(tasks[1]["A"])
    enter(page, Participant("one", "A", frozenset()))
    assert page.get_by_role("region", name="Question and reasoning").is_visible()
    page.locator(CONTINUE).click()
    assert "Please choose an answer here." in page.get_by_role("alert").inner_text()
    first, second = page.locator("fieldset input").all()
    first.check()
    second.check()
    page.locator(CONTINUE).click()
    assert title(page) == "Question 1 of 8" and page.locator(".answer").is_visible()
    page.get_by_role("button", name="Back").click()
    for _ in range(2):
        assert title(page) == "Question 1 of 8, without its answer"
        assert all(radio.is_disabled() for radio in page.locator("fieldset input").all())
        assert page.locator("fieldset input:checked").get_attribute("value") == "2"
        page.wait_for_timeout(500)
        page.reload()
    page.locator(CONTINUE).click()
    page.get_by_role("button", name="Stop early").click()
    (answer,) = read_export(save(page, "JSON"))["answers"]
    assert (answer["question"], answer["value"], answer["position"]) == ("predict", 2, 1)


def test_order_differs_between_participants_and_is_drawn_again_after_a_reload(study, open_page):
    orders = []
    for name in ("one", "two"):
        page = open_page(study[1]["A"])
        play(page, Participant(name, "A", frozenset()), study[0])
        # the browser stores a moment later what a page keeps
        page.wait_for_timeout(500)
        page.reload()
        assert title(page) == "Thank you"
        answers = read_export(save(page, "JSON"))["answers"]
        orders.append(tuple(dict.fromkeys(answer["item"] for answer in answers)))
    assert orders[0] != orders[1]


def test_who_stops_early_can_send_delete_or_go_on(study, open_page):
    page = open_page(study[1]["B"], "?PROLIFIC_PID=5f00")
    assert page.get_by_label("Participant ID").input_value() == "5f00"
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start").click()
    page.locator("fieldset").first.get_by_label("agree", exact=True).check()
    page.get_by_role("button", name="Stop early").click()
    record = read_export(save(page, "JSON"))
    check_row(validator("study_response"), record, "export")
    assert not record["completed"]
    assert [answer["value"] for answer in record["answers"]] == [4]
    page.get_by_role("button", name="Go on").click()
    assert title(page) == "Question 1 of 4"
    page.get_by_role("button", name="Stop early").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete my answers").click()
    assert title(page) == "Welcome"
    page.reload()
    assert title(page) == "Welcome"
    assert page.evaluate("localStorage.length") == 0


def test_who_comes_with_another_link_on_the_same_computer_starts_anew(study, open_page):
    page = open_page(study[1]["B"], "?participant=p17")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continue").click()
    page.goto(study[1]["B"].as_uri() + "?participant=p18")
    assert title(page) == "Welcome"
    assert page.get_by_label("Participant ID").input_value() == "p18"
    page.goto(study[1]["B"].as_uri() + "?participant=p17")
    assert title(page) == "How it works"


def test_a_bad_id_is_asked_again_and_an_empty_one_is_drawn(study, open_page):
    page = open_page(study[1]["C"])
    page.get_by_role("checkbox").check()
    page.get_by_label("Participant ID").fill("=cmd()")
    page.get_by_role("button", name="Continue").click()
    assert "Could you check it" in page.locator("#participant-missing").inner_text()
    page.get_by_label("Participant ID").fill("")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Stop early").click()
    assert read_export(save(page, "JSON"))["participant"].startswith("R")


def test_a_browser_that_keeps_nothing_is_said_to_do_so(study, browser):
    context = browser.new_context()
    context.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    page = context.new_page()
    page.goto(study[1]["D"].as_uri())
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continue").click()
    assert "does not keep your answers" in page.locator(".notice").inner_text()
    context.close()


def test_within_subjects_every_page_shows_all_conditions(tmp_path, open_page):
    plan, pages = make_pages(tmp_path, design="within")
    page = open_page(pages["B"])
    play(page, Participant("square", "B", frozenset()), plan)
    answers = read_export(save(page, "JSON"))["answers"]
    assert len({answer["condition"] for answer in answers}) == 4


def test_the_csv_of_a_page_is_inert_in_a_spreadsheet_and_says_what_the_json_says(tmp_path, open_page):
    (tmp_path / "sent").mkdir()
    plan, pages = make_pages(tmp_path, title="=1+1")
    page = open_page(pages["A"])
    play(page, Participant("-1", "A", frozenset()), plan)
    table = Path(save(page, "CSV").path()).read_bytes().decode("utf-8")
    assert all(line.startswith("'=1+1,") and ",'-1," in line for line in table.splitlines()[1:])
    (tmp_path / "sent" / "one.csv").write_text(table, "utf-8")
    (export,) = read_study_responses(tmp_path / "sent", plan)
    assert export.record == read_export(save(page, "JSON"))
