"""What people type into the survey's pages comes out in tables and figures, by the workflow's own rules."""

import json
import shutil
from contextlib import ExitStack
from itertools import repeat
from statistics import mean
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.playing import Participant, play, save
from support.receiving import free_port, hosting, receiving
from support.study_files import QUOTING_ARMS, TASKS, write_study
from support.workflow import SMOKE, copy_project, digests, snakemake
from tracekd.study.definition import read_study
from tracekd.study.plan import read_plan

pytestmark = pytest.mark.workflow
FOLDER = "answers"
PLAN = "results/smoke/study/plan.json"
COMMAND = [*SMOKE, "--config", "study=config/study.yaml", f"arms={json.dumps(QUOTING_ARMS)}"]
TABLE = "results/smoke/tables/study_sensitivity.csv"
NAMES = ("likert", "conditions", "flow", "tasks")
FIGURES = [f"figures/smoke/study_{name}.png" for name in NAMES]
LEFT_OUT = {
    "incomplete": "stops",
    "failed_checks": "careless",
    "seconds_per_word": "hurried",
}
ARRIVED, LATER, FAILED = "Your answers have arrived", "have not arrived yet", "could not be sent"
TIMEOUT_MS = 60_000


class Crowd(NamedTuple):
    """Who takes part, and whether their pages send the answers."""

    people: list[Participant]
    sends: bool = False

    @property
    def stay(self):
        """Those whom no rule leaves out."""
        return [one for one in self.people if not one.ways & set(LEFT_OUT.values())]


# each rule of exclusion leaves one of a condition out
FEW = Crowd(
    [
        Participant(f"person-{number}", group, frozenset(ways.split()))
        for number, (group, ways) in enumerate(
            [
                ("A", "reload"),
                ("A", "skip"),
                ("A", "stops phone"),
                ("B", "keyboard"),
                ("B", "back reload dark"),
                ("B", "careless"),
                ("C", "phone"),
                ("C", "phone skip reload back"),
                ("C", "hurried"),
                ("D", "keyboard dark"),
                ("D", ""),
                ("D", "back"),
            ]
        )
    ]
)
# ten of each group, every way with other looks in each; of those who send, some only after trouble
WAYS = ["reload", "skip", "back", "keyboard", "keyboard reload back", "skip reload back", "saves"]
WAYS += ["offline", "refused"]
LOOKS = ["", "phone", "dark", "phone dark"]
MANY = Crowd(
    [
        Participant(
            f"person-{group}{number}", group, frozenset(f"{ways} {LOOKS[(number + shift) % 4]}".split())
        )
        for shift, (group, last) in enumerate(zip("ABCD", [*LEFT_OUT.values(), ""], strict=True))
        for number, ways in enumerate([*WAYS, last])
    ],
    sends=True,
)
CROWDS = {"few": FEW, "many": MANY}
only_few = pytest.mark.parametrize("crowd", ["few"], indirect=True)


@pytest.fixture(scope="module", params=["few", pytest.param("many", marks=pytest.mark.many)])
def crowd(request):
    """Twelve participants who save their answers, or forty whose pages send them."""
    return CROWDS[request.param]


@pytest.fixture(scope="module")
def port():
    """Where answers are received, if they are sent."""
    return free_port()


@pytest.fixture(scope="module")
def project(tmp_path_factory, crowd, port):
    """A project whose smoke run has a study, with the survey's pages."""
    folder = copy_project(tmp_path_factory.mktemp("browser") / "project")
    upload = f"http://127.0.0.1:{port}/" if crowd.sends else None
    changes = {"dataset": "babi", "responses": FOLDER, "tasks": TASKS, "upload": upload}
    write_study(folder / "config", QUOTING_ARMS, **changes)
    snakemake(folder, *COMMAND, "--until", "build_study_pages")
    (folder / FOLDER).mkdir()
    return folder


@pytest.fixture(scope="module")
def typed(project, browser, crowd, port):
    """What every participant typed, by name, item and question; their exports lie in the project."""
    plan = read_plan(project / PLAN)
    shown = [*plan["items"], *plan["trials"]]
    items = {(one["question"], *one["context"]): one["item"] for one in shown}
    assert len(items) == len(shown)
    everything = {}
    with ExitStack() as servers:
        pages = (project / PLAN).parent.as_uri()
        if crowd.sends:
            pages = servers.enter_context(hosting((project / PLAN).parent, free_port()))
            servers.enter_context(receiving(project / PLAN, project / FOLDER, pages, port))
        for number, one in enumerate(crowd.people):
            page = browser.new_page(**one.screen)
            page.goto(f"{pages}/survey_{one.group}.html")
            make_trouble(page, one)
            given = play(page, one, plan)
            if not crowd.sends or not is_sent(page, one):
                kind = ("JSON", "CSV")[number % 2]
                save(page, kind).save_as(project / FOLDER / f"{one.name}.{kind.lower()}")
            everything[one.name] = {items[read]: answers for read, answers in given.items()}
            page.context.close()
    return everything


def make_trouble(page, one):
    """Keep what a participant sends from arriving: at once, twice, or at all."""
    replies = {"refused": iter([503, 429]), "saves": repeat(422)}
    statuses = next((statuses for way, statuses in replies.items() if way in one.ways), None)
    if "offline" in one.ways:
        page.context.set_offline(True)
    if statuses:
        page.route(
            "**/*",
            lambda route: (
                route.fulfill(status=status)
                if route.request.method == "POST" and (status := next(statuses, None))
                else route.continue_()
            ),
        )


def is_sent(page, one):
    """Wait until the answers have arrived, the network back; false for one who has to save them."""
    said = page.get_by_role("status")
    if "stops" in one.ways:
        page.get_by_role("button", name="Send my answers").click()
    if "offline" in one.ways:
        expect(said).to_contain_text(LATER, timeout=TIMEOUT_MS)
        page.context.set_offline(False)
    expect(said).to_contain_text(FAILED if "saves" in one.ways else ARRIVED, timeout=TIMEOUT_MS)
    return "saves" not in one.ways


@pytest.fixture(scope="module")
def analysed(project, typed):
    """The project after its own rules have read the exports."""
    snakemake(project, TABLE, *FIGURES, *COMMAND)
    return project


def table(project, name, analysis=None):
    """A table of the study, or what it says of one analysis."""
    rows = pd.read_csv(project / f"results/smoke/tables/study_{name}.csv")
    return rows if analysis is None else rows[rows["analysis"] == analysis]


def scores(study, answers, dimension):
    """Ratings of one dimension, turned round where a statement is worded the other way."""
    return [
        6 - answers[question.name] if question.reversed else answers[question.name]
        for question in study.questions
        if question.dimension == dimension
    ]


def test_the_flow_counts_who_is_left_out_and_why(analysed, crowd):
    flow = table(analysed, "exclusions").set_index("step")
    assert list(flow.index) == ["sent", *LEFT_OUT, "stays"]
    assert list(flow["excluded"]) == [0, 1, 1, 1, 3]
    n = len(crowd.people)
    assert n == (40 if crowd.sends else 12)
    assert list(flow["left"]) == [n, n - 1, n - 2, n - 3, n - 3]
    names = [condition.name for condition in read_study(analysed / "config/study.yaml").conditions]
    # the one who stopped is of group A, the careless one of B, the hurried one of C
    gone = [list(n // 4 - flow[f"left_{name}"]) for name in names]
    assert gone == [[0, 1, 1, 1, 1], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]


def test_tables_hold_what_was_typed(analysed, typed, crowd):
    study = read_study(analysed / "config/study.yaml")
    responses = pd.read_csv(analysed / "results/smoke/study/study_responses.csv")
    assert set(responses["participant"]) == set(typed)
    assert set(responses[responses["excluded"].isna()]["participant"]) == {one.name for one in crowd.stay}
    assert responses.set_index(["participant", "item", "question"])["value"].to_dict() == {
        (person, item, name): value
        for person, items in typed.items()
        for item, answers in items.items()
        for name, value in answers.items()
    }
    rated = {item["item"] for item in read_plan(analysed / PLAN)["items"]}
    ratings = table(analysed, "ratings", "per_protocol").set_index(["condition", "dimension"])
    items = table(analysed, "items", "per_protocol").set_index(["condition", "dimension", "item"])
    for group, condition in zip(study.groups, study.conditions, strict=True):
        people = [typed[one.name] for one in crowd.stay if one.group == group]
        for dimension, n_questions in (("interpretability", 6), ("load", 3)):
            row = ratings.loc[condition.name, dimension]
            assert (row["n_participants"], row["n_ratings"]) == (len(people), len(people) * 4 * n_questions)
            of_person = [
                mean(mean(scores(study, answers[item], dimension)) for item in rated) for answers in people
            ]
            assert row["mean"] == pytest.approx(mean(of_person))
            for item in rated:
                by_hand = mean(mean(scores(study, answers[item], dimension)) for answers in people)
                assert items.loc[(condition.name, dimension, item), "mean"] == pytest.approx(by_hand)
    for analysis, people in (("intention_to_treat", len(typed)), ("per_protocol", len(crowd.stay))):
        points = table(analysed, "questions", analysis).filter(regex=r"^n_\d$").to_numpy().sum()
        # who stopped early rated fewer
        assert (points == people * 4 * 9) == (analysis == "per_protocol")
    n_tasks = responses["question"].isin([task["kind"] for task in TASKS]).sum()
    assert table(analysed, "questions", "intention_to_treat")["n_ratings"].sum() == len(responses) - n_tasks


def test_the_table_of_tasks_counts_what_was_typed(analysed, typed, crowd):
    plan, study = read_plan(analysed / PLAN), read_study(analysed / "config/study.yaml")
    right = {(item["item"], "predict"): item["right"] for item in plan["items"] if item["choices"]}
    assert 0 < len(right) <= 4
    rows = table(analysed, "tasks").set_index(["analysis", "task", "condition"])
    for analysis, kept in (("intention_to_treat", crowd.people), ("per_protocol", crowd.stay)):
        for group, condition in zip(plan["groups"], study.conditions, strict=True):
            planted = {trial["item"]: trial["planted"] for trial in group["trials"]}
            right |= {(item, "find_error"): 1 + has_mistake for item, has_mistake in planted.items()}
            people = [typed[one.name] for one in kept if one.group == group["group"]]
            for task in ("predict", "find_error"):
                row = rows.loc[analysis, task, condition.name]
                answers = [
                    [(item, given[task]) for item, given in person.items() if task in given]
                    for person in people
                ]
                answers = [of_person for of_person in answers if of_person]
                assert row["n_participants"] == len(answers)
                assert row["n_answers"] == sum(map(len, answers))
                shares = [mean(value == right[item, task] for item, value in given) for given in answers]
                assert row["right"] == pytest.approx(mean(shares), abs=1e-6)
            said = [(planted[item], value == 2) for given in answers for item, value in given]
            for name, has_mistake in (("hits", True), ("false_alarms", False)):
                found = [no for mistake, no in said if mistake == has_mistake]
                assert row[name] == pytest.approx(mean(found), abs=1e-6)


def test_nothing_says_that_real_answers_are_simulated(analysed):
    texts = [path for path in (analysed / "results/smoke/tables").glob("study_*") if path.suffix != ".csv"]
    assert len(texts) == 9
    assert not [path.name for path in texts if "SIMULATED" in path.read_text("utf-8")]
    assert not [path.name for path in analysed.glob("*/smoke/**/*SIMULATED*")]


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_drawn(analysed, name):
    assert (analysed / f"figures/smoke/study_{name}.pdf").stat().st_size > 5_000
    pixels = np.asarray(Image.open(analysed / f"figures/smoke/study_{name}.png").convert("RGB"))
    inked = (pixels < 250).any(axis=2)
    assert 0.02 < inked.mean() < 0.6
    # ink reaches over the whole picture, and is not of one colour
    rows, columns = np.nonzero(inked)
    assert np.ptp(rows) > 0.8 * pixels.shape[0] and np.ptp(columns) > 0.8 * pixels.shape[1]
    assert len(np.unique(pixels[inked] // 32, axis=0)) > 5


def edit(path, change):
    """Change the record of a JSON export."""
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), "utf-8")


FAULTS = {
    "truncated": (
        "person-0.json",
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        "not a JSON object",
    ),
    "wrong delimiter": (
        "person-1.csv",
        lambda path: path.write_text(path.read_text("utf-8").replace(",", ";"), "utf-8"),
        "columns are separated by semicolons",
    ),
    "value 6": (
        "person-4.json",
        lambda path: edit(path, lambda record: record["answers"][3].update(value=6)),
        "value 6 is not on the scale from 1 to 5",
    ),
    "missing item": (
        "person-6.json",
        lambda path: edit(path, lambda record: record.update(answers=record["answers"][9:])),
        "is completed but has no answer to",
    ),
    "unknown group": (
        "person-10.json",
        lambda path: edit(path, lambda record: record.update(group="E")),
        "group 'E' is not in the plan",
    ),
    "duplicated": (
        "person-7.csv",
        lambda path: shutil.copy(path, path.with_name("person-7 (1).csv")),
        "participant 'person-7' has already answered in",
    ),
}


@pytest.fixture
def other(analysed, tmp_path):
    """A copy of the project, so that a test may damage its exports."""
    ignored = shutil.ignore_patterns(".snakemake")
    return shutil.copytree(analysed, tmp_path / "project", ignore=ignored)


@only_few
@pytest.mark.parametrize(("name", "damage", "words"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_export_ends_in_one_sentence_with_its_file(other, name, damage, words):
    damage(other / FOLDER / name)
    screen = snakemake(other, TABLE, *COMMAND, ok=False)
    (sentence,) = {line for line in screen.splitlines() if line.startswith("Error: ")}
    assert words in sentence
    assert f"{FOLDER}/{name}" in sentence


@only_few
def test_a_byte_order_mark_changes_nothing(analysed, other):
    for path in (other / FOLDER).iterdir():
        path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert "read_study_responses" in snakemake(other, TABLE, *COMMAND)
    tables = "results/smoke/tables/study_*.csv"
    assert digests(other, tables) == digests(analysed, tables)
