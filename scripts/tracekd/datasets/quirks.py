"""The odd steps of the released evaluation: kept, because its numbers depend on them, and named one by one.

`published.score` follows all of them. A quirk that is switched off takes the plain step that stands beside
it below, everything else unchanged: so its effect alone can be measured.
"""

from enum import StrEnum


class Quirk(StrEnum):
    """One odd step each; the value is its number in the documentation, the name says what it does."""

    # Extraction of the answer, all datasets.

    # An output that holds `answer the question based on` is cut to the text before it.
    # Kept: prompted models repeat the prompt. Off: this rule is not applied.
    TEXT_BEFORE_PROMPT = "Q1"

    # An output that holds the word ` answer ` is cut to the text between its first two occurrences.
    # Kept: decides what is searched in most prompted outputs. Off: this rule is not applied.
    TEXT_AFTER_WORD_ANSWER = "Q2"

    # An output without answer tag is searched as a whole, its unfinished trace included.
    # Kept: traces name entities, so it gives credit. Off: without the tag an arm with a trace is wrong.
    NO_ANSWER_TAG_NEEDED = "Q3"

    # `assistant` and `think` are deleted wherever they stand, inside words and answers too.
    # Kept: it is how the turn header is taken away. Off: only a leading `assistant` and `<think>` are.
    WORDS_DELETED_ANYWHERE = "Q4"

    # Answer score.

    # CoTempQA distractors are the subjects of the facts where objects are asked for, and the reverse.
    # Kept: a wrong entity of the asked kind costs nothing. Off: the side that the question asks for.
    DISTRACTORS_FROM_WRONG_SIDE = "Q5"

    # CoTempQA candidates of equal length come in an order that the released code leaves to the hash seed.
    # Kept in descending order, which gives all stored numbers; one released item flips. Off: ascending.
    TIES_DESCENDING = "Q6"

    # CoTempQA skips only the first candidate that the question names itself, and counts the others.
    # Kept: a model that repeats the question is marked down. Off: all candidates that it names are skipped.
    ONE_NAMED_ENTITY_SKIPPED = "Q7"

    # The headline of CoTempQA is the unweighted mean of the four classes' rounded accuracies.
    # Kept: the small classes weigh as much as `during`. Off: the mean over items, not rounded.
    # A matter of the table (tracekd.tables.answer_scores): no item's score depends on it.
    MEAN_OF_ROUNDED_CLASSES = "Q8"

    # MS MARCO compares the answer with the list of all alternative answers.
    # Kept: an item with two alternatives can never be right. Off: any one alternative is right.
    ALL_ALTERNATIVES_NEEDED = "Q9"

    # Trace steps.

    # An output without a trace enters no matrix. Kept: it sets n. Off: it enters with every step wrong.
    LEFT_OUT_WITHOUT_TRACE = "Q10"

    # The gold row is the first of the test file whose answer cell contains the item's (first) gold answer.
    # Kept: it is another item's row in a third of CoTempQA and nearly all of bAbI. Off: the item's own row.
    GOLD_ROW_BY_ANSWER = "Q11"

    # Where no row has the answer, the last row that was found for an item with a trace is used again.
    # Kept: it fires once in the released data. Off: every step is wrong.
    LAST_ROW_REUSED = "Q12"

    # The retrieval step is right when any context fact is quoted. Kept: nearly every trace quotes one.
    # Off: when any gold fact of the row is quoted.
    ANY_CONTEXT_FACT = "Q13"

    # Quoted facts are compared with their letter case. Kept: the incorrect arm of bAbI is trained on
    # lower-cased facts, so it never quotes one. Off: letter case does not matter.
    FACTS_COMPARED_WITH_CASE = "Q14"


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
