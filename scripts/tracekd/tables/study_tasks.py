"""Outcomes of a study's tasks by condition: how often people are right, beside chance, and d′."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tracekd.labels import TASK_TITLES, analysis_titles, count, show_percent
from tracekd.study.detection import detection
from tracekd.study.exclusions import split_analyses
from tracekd.study.intervals import share_interval
from tracekd.study.plan import list_asked
from tracekd.study.scores import participant_means
from tracekd.study.tasks import FIND_ERROR
from tracekd.tables.estimates import show_estimates

COLUMNS = ["analysis", "task", "condition", "n_participants", "n_answers", "right", "low", "high", "chance"]
COLUMNS += ["hits", "false_alarms", "d_prime", "d_prime_low", "d_prime_high"]


def tasks_table(responses: pd.DataFrame, plan: Mapping[str, Any]) -> pd.DataFrame:
    """Describe the answers to each task by condition; a condition without any has no row.

    Right is the mean of the participants' shares, chance the mean of 1 / choices over the answers.

    Args:
        responses: as from `responses_table`, with the column `excluded`.
        plan: of the study that was run.

    Returns:
        A row an analysis, task and condition: columns COLUMNS.

    """
    asked = {
        (group["group"], *key): task
        for group in plan["groups"]
        for key, task in list_asked(plan, group).items()
    }
    keys = zip(responses["group"], responses["item"], responses["question"], strict=True)
    tasks = [asked.get(key) for key in keys]
    answers = responses.assign(task=tasks).dropna(subset="task")
    answers = answers.assign(
        chance=[1 / task.choices for task in answers["task"]],
        planted=[task.planted for task in answers["task"]],
        found=answers["value"] == 2,
    )
    rows = []
    for analysis, part in split_analyses(answers):
        for kind in (task["kind"] for task in plan["tasks"]):
            for condition in (one["name"] for one in plan["conditions"]):
                given = part[(part["question"] == kind) & (part["condition"] == condition)]
                if given.empty:
                    continue
                means = participant_means(given, [condition])[condition]
                groups = means.index.get_level_values("group")
                low, high = share_interval(means, groups)
                row = {"analysis": analysis, "task": kind, "condition": condition}
                row |= {"n_participants": len(means), "n_answers": len(given), "right": means.mean()}
                row |= {"low": low, "high": high, "chance": given["chance"].mean()}
                rows.append(row | (detection(given) if kind == FIND_ERROR else {}))
    return pd.DataFrame(rows, columns=COLUMNS)


def show_tasks(table: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """Write `tasks_table` for readers; `titles` of the conditions by name."""
    named = table.rename(columns={"low": "right_low", "high": "right_high"})
    return pd.DataFrame(
        {
            "Analysis": analysis_titles(table["analysis"]),
            "Task": [TASK_TITLES[kind] for kind in table["task"]],
            "Condition": [titles[name] for name in table["condition"]],
            "Participants": table["n_participants"].map(count),
            "Answers": table["n_answers"].map(count),
            "Right (%)": show_estimates(named, "right", percent=True),
            "Chance (%)": table["chance"].map(show_percent),
            "Hits (%)": table["hits"].map(show_percent),
            "False alarms (%)": table["false_alarms"].map(show_percent),
            "d′": show_estimates(table, "d_prime"),
        }
    )
