"""A small study with hostile texts, and its survey pages, for the tests of this folder."""

import json
from pathlib import Path

import yaml
from tracekd.core.records import Trace
from tracekd.study.definition import read_study
from tracekd.study.pages import survey_page
from tracekd.study.plan import build_plan

from support.examples import ROOT, make_question

ARMS = ("correct", "incorrect", "class_only", "incorrect_matched")
# whose traces, built by rules, quote the right facts: a mistake can be planted in them
QUOTING_ARMS = ("correct", "wrong_class", "mixed_75", "mixed_100")
PARTS = [
    (ROOT / "resources" / "study" / f"survey.{kind}").read_text("utf-8") for kind in ("html.j2", "css", "js")
]
# what a model may write, on purpose or not; None of it may be more than text
HOSTILE = (
    "<script>window.hacked = 1</script></textarea></script><!-- <img src=x onerror='window.hacked = 1'> "
    "&lt;b&gt; {{ 7 * 7 }} \u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f52c "
    "\u2028 [[Question:MC]] \x00 \x1b end"
)
HUGE = "x" * 1_000_000


CONTACT = "Jane Doe, jane [at] example.org, approval 12/34"
SHIPPED = yaml.safe_load((ROOT / "config" / "study.yaml").read_text("utf-8"))
# forward simulation, and error detection on four pages
TASKS = SHIPPED["tasks"]
PEOPLE = [
    f"{name} Featherstonehaugh of Nether Wallop" for name in ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay")
]
# a trace that names a right entity, which a mistake can rename
NAMING = "David Widder worked there from 1918 to 1919, at the time asked for. So the answer is David Widder."


def write_study(folder, arms=ARMS, **changes):
    """Write the definition of a study of four arms, one block of four items and no tasks, with changes."""
    conditions = [
        {**condition, "arm": arm} for condition, arm in zip(SHIPPED["conditions"], arms, strict=True)
    ]
    path = Path(folder) / "study.yaml"
    items = changes.get("items", 4)
    size = {"items": items, "items_per_participant": items}
    stated = {**SHIPPED, "conditions": conditions, "contact": CONTACT, "tasks": [], **size, **changes}
    path.write_text(yaml.safe_dump(stated, sort_keys=False), "utf-8")
    return path


def make_questions(n=12):
    """Questions of three classes."""
    return [
        make_question(id=f"question-{number}", class_label=("equal", "mix", "overlap")[number % 3])
        for number in range(n)
    ]


def make_choosing(n=12):
    """Questions about people of long names, one of whom is the answer."""
    facts = tuple(
        f"{name} works for Aberdeen Proving Ground from {1910 + year} to 1919."
        for year, name in enumerate(PEOPLE)
    )
    return [
        make_question(
            id=f"question-{number}",
            context=(f"Case {number} is open.", *facts),
            answers=(PEOPLE[number % len(PEOPLE)],),
            gold_facts=(1 + number % len(PEOPLE),),
        )
        for number in range(n)
    ]


def make_traces(
    questions, text="Aberdeen is named in facts 0 and 2, and both overlap with the time asked for."
):
    """Arm to traces, each with its arm and question in it."""
    return {
        arm: [
            Trace(
                id=question.id,
                arm=arm,
                stated={},
                text=f"{arm} of {question.id}.\n{text}",
                target=f"<think>{text}</think> <answer>{question.answers[0]}</answer>",
            )
            for question in questions
        ]
        for arm in ARMS
    }


def make_pages(folder, text=None, questions=None, **changes):
    """Write the survey pages of a small study; return its plan and group to path."""
    study, questions = read_study(write_study(folder, **changes)), questions or make_questions()
    plan = build_plan(study, questions, make_traces(questions, text) if text else make_traces(questions))
    pages = {}
    for group in plan["groups"]:
        path = Path(folder) / f"survey_{group['group']}.html"
        path.write_text(survey_page(study, plan, group["group"], *PARTS), "utf-8")
        pages[group["group"]] = path
    return plan, pages


def read_export(download):
    """The record of a downloaded JSON export."""
    return json.loads(Path(download.path()).read_text("utf-8"))
