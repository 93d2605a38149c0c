"""Scorers: functions that judge the generations of one file; the name is part of every score file.

A scorer takes the questions of a dataset (both splits, in file order), the generations of one model, arm and
seed (in file order; every id is a question's) and the arm, and gives one score a generation, in that order.
Whole files, because the `published` scorer looks things up across rows of the test split.
"""

from collections.abc import Callable, Sequence

from tracekd.core.records import Generation, Question
from tracekd.scoring import aligned, published
from tracekd.scoring.score import Score

Scorer = Callable[[Sequence[Question], Sequence[Generation], str], list[Score]]

SCORERS: dict[str, Scorer] = {"aligned": aligned.score, "published": published.score}
