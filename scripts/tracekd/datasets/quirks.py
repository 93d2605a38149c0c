"""The odd steps of the released evaluation: kept, because its numbers depend on them, and named one by one.

`published.score` follows all of them. A quirk that is switched off takes the plain step that stands beside
it below, everything else unchanged: so its effect alone can be measured.
"""

from enum import StrEnum
from typing import Self


class Quirk(StrEnum):
    """One odd step each; the value is its number in the documentation.

    Attributes:
        does: what happens.
        why: what depends on it, for which it is kept.
        off: what happens in its place when it is switched off.

    """

    does: str
    why: str
    off: str

    def __new__(cls, number: str, does: str, why: str, off: str) -> Self:
        """Make a quirk that is equal to its number."""
        quirk = str.__new__(cls, number)
        quirk._value_ = number
        quirk.does, quirk.why, quirk.off = does, why, off
        return quirk

    # extraction of the answer, all datasets
    TEXT_BEFORE_PROMPT = (
        "Q1",
        "An output that holds `answer the question based on` is cut to the text before it.",
        "Prompted models repeat the prompt.",
        "This rule is not applied.",
    )
    TEXT_AFTER_WORD_ANSWER = (
        "Q2",
        "An output that holds the word ` answer ` is cut to the text between its first two occurrences.",
        "It decides what is searched in most prompted outputs.",
        "This rule is not applied.",
    )
    NO_ANSWER_TAG_NEEDED = (
        "Q3",
        "An output without answer tag is searched as a whole, its unfinished trace included.",
        "Traces name entities, so it gives credit.",
        "Without the tag an arm with a trace is wrong.",
    )
    WORDS_DELETED_ANYWHERE = (
        "Q4",
        "`assistant` and `think` are deleted wherever they stand, inside words and answers too.",
        "It is how the turn header is taken away.",
        "Only a leading `assistant` and `<think>` are.",
    )

    # answer score
    DISTRACTORS_FROM_WRONG_SIDE = (
        "Q5",
        "CoTempQA distractors are the subjects of the facts where objects are asked for, and the reverse.",
        "A wrong entity of the asked kind costs nothing.",
        "They are those of the side that the question asks for.",
    )
    TIES_DESCENDING = (
        "Q6",
        "CoTempQA candidates of equal length come in descending order (released: that of the hash seed).",
        "This order gives all stored numbers; one released item flips.",
        "They come in ascending order.",
    )
    ONE_NAMED_ENTITY_SKIPPED = (
        "Q7",
        "CoTempQA skips only the first candidate that the question names itself, and counts the others.",
        "A model that repeats the question is marked down.",
        "All candidates that it names are skipped.",
    )
    # a matter of the table (tracekd.tables.answer_scores): no item's score depends on it
    MEAN_OF_ROUNDED_CLASSES = (
        "Q8",
        "The headline of CoTempQA is the unweighted mean of the four classes' rounded accuracies.",
        "The small classes weigh as much as `during`.",
        "It is the mean over items, not rounded.",
    )
    ALL_ALTERNATIVES_NEEDED = (
        "Q9",
        "MS MARCO compares the answer with the list of all alternative answers.",
        "An item with two alternatives can never be right.",
        "Any one alternative is right.",
    )

    # trace steps
    LEFT_OUT_WITHOUT_TRACE = (
        "Q10",
        "An output without a trace enters no matrix.",
        "It sets n.",
        "It enters with every step wrong.",
    )
    GOLD_ROW_BY_ANSWER = (
        "Q11",
        "The gold row is the first of the test file whose answer cell contains the item's first gold answer.",
        "It is another item's row in a third of CoTempQA and nearly all of bAbI.",
        "It is the item's own row.",
    )
    LAST_ROW_REUSED = (
        "Q12",
        "Where no row has the answer, the last row that was found for an item with a trace is used again.",
        "It happens once in the released data.",
        "Every step is wrong.",
    )
    ANY_CONTEXT_FACT = (
        "Q13",
        "The retrieval step is right when any context fact is quoted.",
        "Nearly every trace quotes one.",
        "It is right when any gold fact of the row is quoted.",
    )
    FACTS_COMPARED_WITH_CASE = (
        "Q14",
        "Quoted facts are compared with their letter case.",
        "The incorrect arm of bAbI is trained on lower-cased facts, so it never quotes one.",
        "Letter case does not matter.",
    )


# what a quirk can change of the judgement of an item: the answer or the steps; Q8 changes neither
OF_STEPS = frozenset(
    {
        Quirk.LEFT_OUT_WITHOUT_TRACE,
        Quirk.GOLD_ROW_BY_ANSWER,
        Quirk.LAST_ROW_REUSED,
        Quirk.ANY_CONTEXT_FACT,
        Quirk.FACTS_COMPARED_WITH_CASE,
    }
)
OF_ANSWERS = frozenset(Quirk) - OF_STEPS - {Quirk.MEAN_OF_ROUNDED_CLASSES}
