"""Answers, and generations that give them, for the property tests of the aligned scorer."""

from hypothesis import settings
from hypothesis import strategies as st
from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Generation
from tracekd.scoring.aligned import score_item
from tracekd.traces.prompts import render_target

MANY = settings(max_examples=1_000, deadline=None)
# quotes, brackets, escapes, other scripts; no comma, which separates the items of a bAbI answer
LETTERS = "abcdeABC019 ''\"\"\\[].-éßİ\xa0漢\n||||||"


def as_items(text):
    """Up to four items that differ when normalised."""
    found = {normalise_answer(item): item for item in text.split("|")}
    return [item for words, item in found.items() if words][:4]


# one draw for several items is much faster than a list of draws
answer_items = st.text(LETTERS, min_size=1, max_size=24).map(as_items).filter(bool)


def judge(question, text, arm):
    return score_item(question, Generation(question.id, "0" * 64, text, None, None, None), arm)


def written(dataset, answers, arm, question):
    """Answers as a model writes them: free text has one."""
    answer = dataset.answer_text(answers[:1] if dataset.alternatives else answers)
    trace = "".join(step.render(step.gold(question)) for step in dataset.steps)
    return render_target(None if arm == "none" else trace, answer)
