"""The teacher responses that the paper's authors released, as response records, joined by (question, facts).

Only answers that the released evaluation found right were released, so many questions have none.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tracekd.core.errors import DataError
from tracekd.core.raw import FETCH_AGAIN, check_row
from tracekd.core.records import Question, validator
from tracekd.core.texts import read_json_lines
from tracekd.datasets import get_dataset
from tracekd.released.registry import Released
from tracekd.teacher.responses import EXPLANATION, STOP, SUMMARY, TRACE, Response, status_of

MODEL = "deepseek-reasoner"
# kind to the fields of reasoning and answer; a summary has no reasoning of its own
FIELDS = {
    TRACE: ("r1_trace", "prediction"),
    SUMMARY: (None, "r1_trace_summary"),
    EXPLANATION: ("r1_exp_trace", "r1_exp_ans"),
}


def response_paths(released: Released, dataset: str, kind: str) -> dict[str, str]:
    """Give class to path of the released responses; DataError where the registry has none of that kind."""
    template = released.datasets[dataset].responses.get(kind)
    if template is None:
        raise DataError(
            f"no {kind} responses were released for {dataset}",
            where="config: teacher",
            hint="choose other arms or datasets, or source: ask",
        )
    return {label: template.format(label=label) for label in get_dataset(dataset).classes}


def present_paths(
    released: Released, wanted: Mapping[str, Mapping[str, str]], mirror: Path | None
) -> list[str]:
    """Give those of the wanted paths (kind to class to path) that the mirror or a known commit holds."""
    paths = sorted(path for some in wanted.values() for path in some.values())
    if mirror is None:
        return [path for path in paths if path in released.files]
    return [path for path in paths if (mirror / released.folder / path).is_file()]


def read_released_responses(
    folder: Path, paths: Mapping[str, str], kind: str, questions: Sequence[Question]
) -> list[Response]:
    """Read released responses in the order of the questions.

    Args:
        folder: holds the files.
        paths: class to path; a class whose file is not there has no responses.
        kind: which fields are read.
        questions: all of the dataset.

    Raises DataError, with file and line, at a line that is not of the released form or whose question is not
    one of these, or occurs twice.

    """
    by_key = {(one.class_label, one.question, one.context): one.id for one in questions}
    found: dict[str, Response] = {}
    for label, path in paths.items():
        if not (folder / path).is_file():
            continue
        for number, row in read_json_lines(folder / path):
            where = f"{folder / path}:{number}"
            check_row(validator("released_response"), row, where)
            trace, answer = FIELDS[kind]
            if answer not in row:
                raise DataError(f"field {answer!r} is missing", where=where, hint=FETCH_AGAIN)
            item = by_key.get((label, row["question"], tuple(row["facts"])))
            if item is None or item in found:
                problem = "is not one of the dataset's" if item is None else "occurs again"
                raise DataError(f"the question {problem}", where=where, hint=FETCH_AGAIN)
            reasoning = row[trace] if trace else ""
            # right answers were released; how the endpoint ended them is not told
            status = status_of(kind, reasoning, row[answer], STOP, refusal=False)
            model = None if kind == SUMMARY else MODEL
            found[item] = Response(item, kind, model, None, reasoning, row[answer], None, status, None, None)
    return [found[question.id] for question in questions if question.id in found]
