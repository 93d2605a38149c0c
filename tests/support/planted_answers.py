"""Models whose use of trace and context is planted, as the measurements of an experiment on them.

A cell's log-likelihoods are a level of the item and answer, noise of the cell, and a rise of the answer that
the model gives there.
"""

import itertools

import numpy as np
from tracekd.experiment.contexts import INTACT, SWAPPED
from tracekd.experiment.measurements import Measurement
from tracekd.experiment.traces import EMPTY, GOLD, NEAR, NO_TRACE

TRUTH, RENAMED, FOIL, OTHER = range(4)
ANSWERS = tuple("abcd")
# what each trace names, and what is right in each context
NAMED = {GOLD: TRUTH, NEAR: FOIL, EMPTY: None}
RIGHT = {INTACT: TRUTH, SWAPPED: RENAMED}
RISE, NOISE, LAPSES, ABILITY = 4.0, 0.7, 0.05, 0.7


def copies(named, context, guess, able):
    """What the trace names; a guess where it names nothing."""
    return guess if named is None else named


def ignores(named, context, guess, able):
    """What it finds in the context, if it is able to; a guess otherwise."""
    return RIGHT[context] if able else guess


def re_derives(named, context, guess, able):
    """What stands in the context at the place that the trace points to; a guess where it points to none."""
    return guess if named is None else RIGHT[context] if named == TRUTH else named


def answers_by_prior(named, context, guess, able):
    """The same guess whatever it reads."""
    return guess


# by the words that the rule of the plan has for them
PLANTED = {
    "copies the trace": copies,
    "ignores the trace": ignores,
    "avoids the trace": ignores,
    "re-derives from the context": re_derives,
    "answers by prior": answers_by_prior,
}


def plant(words, seed, items=100, per_anchor=2):
    """Measurements of a planted model by run, with those of one without traces; and the items' anchors."""
    rng, answer = np.random.default_rng(seed), PLANTED[words]
    places = [*itertools.product(RIGHT, NAMED), *((context, NO_TRACE) for context in RIGHT)]
    size = (items, len(places), len(ANSWERS))
    weights = rng.normal(0, NOISE, size) + rng.normal(0, 1, (items, 1, len(ANSWERS))) - 20
    guesses, able = rng.integers(len(ANSWERS), size=items).tolist(), (rng.random(items) < ABILITY).tolist()
    lapses, slips = rng.random(size[:2]) < LAPSES, rng.integers(len(ANSWERS), size=size[:2])
    cells, without = [], []
    for item, row in enumerate(weights):
        for place, (context, trace) in enumerate(places):
            named = NAMED.get(trace)
            rule = ignores if trace == NO_TRACE else answer
            given = rule(named, context, guesses[item], able[item])
            row[place, slips[item, place] if lapses[item, place] else given] += RISE
            if words == "avoids the trace" and named is not None:
                row[place, named] -= RISE
            (without if trace == NO_TRACE else cells).append(
                _measurement(item, context, trace, named, row[place].tolist())
            )
    runs = {("cotempqa", "m", "correct", 0): cells, ("cotempqa", "m", "none", 0): without}
    return runs, {f"q{item}": f"anchor {item // per_anchor}" for item in range(items)}


def _measurement(item, context, trace, named, weights):
    truth, written = RIGHT[context], weights.index(max(weights))
    return Measurement(
        id=f"q{item}/{context}/{trace}",
        item=f"q{item}",
        context=context,
        trace=trace,
        text=None if trace == NO_TRACE else trace,
        answers=ANSWERS,
        log_likelihoods=tuple(weights),
        truth=truth,
        named=named,
        foil=FOIL,
        written=ANSWERS[written],
        true=written == truth,
        follows=None if named in (None, truth) else written == named,
    )
