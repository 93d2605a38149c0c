"""The published scorer with its quirks switched off, one at a time and all at once."""

from collections.abc import Mapping, Sequence

from tracekd.core.records import Generation, Question
from tracekd.scoring import published
from tracekd.scoring.published import Quirk
from tracekd.scoring.score import Score

# names of two variants; the others are named after the quirk that is off
PUBLISHED, ALL_OFF = "published", "all"

VARIANTS: Mapping[str, frozenset[Quirk]] = {
    PUBLISHED: frozenset(),
    **{quirk.value: frozenset({quirk}) for quirk in Quirk},
    ALL_OFF: frozenset(Quirk),
}


def score_variants(
    questions: Sequence[Question], generations: Sequence[Generation], arm: str
) -> dict[str, list[Score]]:
    """Judge one generation file by every variant of the published scorer; arguments as for a scorer."""
    judged = published.score_each(questions, generations, arm, VARIANTS.values())
    return dict(zip(VARIANTS, judged, strict=True))
