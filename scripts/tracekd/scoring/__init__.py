"""Scorers: functions that judge one generation of one question; the name is part of every score file."""

from collections.abc import Callable

from tracekd.records import Generation, Question
from tracekd.scoring import aligned
from tracekd.scoring.score import Score

SCORERS: dict[str, Callable[[Question, Generation, str], Score]] = {"aligned": aligned.score}
