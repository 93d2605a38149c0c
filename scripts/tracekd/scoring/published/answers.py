"""Answers of the released evaluation: what counts as the answer of a generation, and how right it is."""

from tracekd.core.records import Question
from tracekd.datasets.published import RULES, WRONG, AnswerScore, Off
from tracekd.datasets.quirks import Quirk
from tracekd.scoring.outputs import HEADER


def score_answer(question: Question, text: str, with_trace: bool, off: Off) -> AnswerScore:
    """Score the answer of one generation; `with_trace`: its arm was trained to write an answer tag."""
    answer = extract_answer(question, text, with_trace, off)
    return WRONG if answer is None else RULES.get(question.dataset).score_answer(question, answer, off)


def extract_answer(question: Question, text: str, with_trace: bool, off: Off) -> str | None:
    """Take what counts as the answer out of a generation, in lower case; None: there is none (Q3 off)."""
    text = text.lower()
    unanswerable = RULES.get(question.dataset).is_unanswerable(question)
    if "<answer>" in text:
        text = text.split("<answer>", 2)[1].partition("</answer>")[0]
    elif with_trace and Quirk.NO_ANSWER_TAG_NEEDED in off:
        return None
    elif unanswerable:
        pass
    elif "answer the question based on" in text and Quirk.TEXT_BEFORE_PROMPT not in off:
        text = text.partition("answer the question based on")[0]
    elif " answer " in text and Quirk.TEXT_AFTER_WORD_ANSWER not in off:
        text = text.split(" answer ", 2)[1]
    elif "answer:" in text:
        text = text.split("answer:", 2)[1]
    if Quirk.WORDS_DELETED_ANYWHERE in off:
        return HEADER.sub("", text, count=1)
    return text.replace("assistant", "").replace("think", "")
