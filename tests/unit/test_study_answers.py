"""Whether a question was answered rightly: what one part of a run writes, the study reads."""

import runpy
from types import SimpleNamespace

import pytest
from support.examples import ROOT, make_question
from tracekd.core.errors import DataError
from tracekd.core.records import Generation, write_records
from tracekd.scoring import get_scorer
from tracekd.scoring.score import write_scores
from tracekd.study.plan import read_answered
from tracekd.teacher.kept import read_kept
from tracekd.teacher.responses import OK, TRACE, Response

QUESTIONS = [make_question(id=name) for name in ("a", "=b", "NA")]
RIGHT, WRONG = "['David Widder', 'Norbert Wiener']", "['Claude Shannon']"
ANSWERED = {"a": True, "=b": False, "NA": True}


@pytest.fixture
def judgement(tmp_path):
    """The file that the rule judge_teacher writes."""
    answers = zip(QUESTIONS, (RIGHT, WRONG, RIGHT), strict=True)
    responses = [
        Response(question.id, TRACE, None, None, "why", answer, None, OK, None, None)
        for question, answer in answers
    ]
    write_records(QUESTIONS, tmp_path / "questions.jsonl")
    write_records(responses, tmp_path / "r1.jsonl")
    job = SimpleNamespace(
        log=[str(tmp_path / "log")],
        input=SimpleNamespace(
            questions=str(tmp_path / "questions.jsonl"), responses=str(tmp_path / "r1.jsonl")
        ),
        params=SimpleNamespace(keep="all"),
        output=SimpleNamespace(judgement=str(tmp_path / "judgement.csv")),
    )
    runpy.run_path(str(ROOT / "scripts/judge_teacher.py"), init_globals={"snakemake": job})
    return tmp_path / "judgement.csv"


def test_the_judgement_of_a_teacher_says_what_the_study_config_advises_to_read(judgement):
    assert read_answered(judgement, "aligned_ok") == ANSWERED
    assert set(read_answered(judgement, "kept").values()) == {True}


def test_the_questions_that_training_keeps_are_those_of_the_judgement(judgement):
    assert read_kept(judgement) == {"a", "=b", "NA"}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a,", "t.csv: does not say whether 'a' is kept"),
        ("a,maybe", "t.csv:2: kept 'maybe' is neither true nor false"),
        ("a,1\na,0", "t.csv:3: id 'a' occurs twice"),
        (",1", "t.csv:2: the row has no id"),
    ],
)
def test_a_judgement_that_does_not_say_what_is_kept_is_refused(tmp_path, row, sentence):
    (tmp_path / "t.csv").write_text(f"id,kept\n{row}\n")
    with pytest.raises(DataError, match=f"{sentence}.*delete the file and run again"):
        read_kept(tmp_path / "t.csv")


def test_a_score_file_says_it_too(tmp_path):
    scorer = get_scorer("aligned")
    generations = [
        Generation(question.id, None, text, None, None, None)
        for question, text in zip(QUESTIONS, (RIGHT, WRONG, RIGHT), strict=True)
    ]
    scores = scorer.score(QUESTIONS, generations, "none")
    write_scores(scores, tmp_path / "s.csv", scorer.measures, ["class", "facts"])
    assert read_answered(tmp_path / "s.csv", "answer_ok") == ANSWERED


@pytest.mark.parametrize("pair", ["True False", "true false", "TRUE FALSE", "1 0"])
def test_a_flag_may_be_written_in_any_of_the_usual_ways(tmp_path, pair):
    yes, no = pair.split()
    (tmp_path / "t.csv").write_text(f"id,ok\na,{yes}\nb,{no}\nc,\n")
    assert read_answered(tmp_path / "t.csv", "ok") == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,ok\na,yes\n", "t.csv:2: ok 'yes' is neither true nor false"),
        ("id,ok\na,1\nb,0.5\n", "t.csv:3: ok '0.5' is neither true nor false"),
        ("id,ok\na,\nb,\n", "t.csv: column 'ok' says of no question whether it was answered rightly"),
        ("id,ok\n", "t.csv: column 'ok' says of no question"),
        ("id,ok\na,1\na,0\n", "t.csv:3: id 'a' occurs twice"),
        ("item,ok\na,1\n", "t.csv:1: column 'id' is missing"),
    ],
)
def test_what_says_nothing_is_an_error_and_no_draw_is_silently_unbalanced(tmp_path, text, sentence):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError) as error:
        read_answered(tmp_path / "t.csv", "ok")
    assert sentence in str(error.value) and "check `answers` of the study" in str(error.value)
