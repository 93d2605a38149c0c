"""Independent check of every training trace: is a trace what its arm says it is?

Shares no code with the builder (`tracekd.traces.build`, the wording in `tracekd.datasets`): it reads the
finished assistant turn as a stranger would, with its own patterns, and decides from the question record
alone. For CoTempQA it even finds the gold facts anew (paper, section 3: context facts that hold a gold
answer).
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tracekd.core.errors import VerificationError
from tracekd.core.literals import parse_list, render_list
from tracekd.core.records import Question, Trace

_CATEGORY = (
    r"The category of the question represents what is being asked in that question\. "
    r"The category of the question asked is: (?P<label>\S+)\.\n"
    r"(?:I need to use the following text to answer the question: (?P<facts>.+))?"
)
_REASONING = {
    "cotempqa": re.compile(
        r"The temporal relation between the event in question and the event in context is: (?P<label>\S+)\.\n"
        r"(?:I need to use the following facts to answer the question: (?P<facts>.+))?",
        re.DOTALL,
    ),
    "babi": re.compile(_CATEGORY, re.DOTALL),
    "ms_marco": re.compile(_CATEGORY, re.DOTALL),
}
_TURN = re.compile(r"<think>(?P<reasoning>.*)</think> <answer>(?P<answer>.*)</answer>", re.DOTALL)

# what the verifier must find in each arm: (class step right, retrieval step right); None = no such step
EXPECTED: dict[str, tuple[bool | None, bool | None]] = {
    "none": (None, None),
    "class_only": (True, None),
    "correct": (True, True),
    "incorrect": (False, False),
    "incorrect_matched": (False, False),
    "wrong_class": (False, True),
    "wrong_facts": (True, False),
    "empty_trace": (None, None),
    "filler": (None, None),
}
# arms that mix traces of two kinds, and the share in % that must be right in both steps; the others: in none
SHARES = {"mixed_0": 0, "mixed_25": 25, "mixed_50": 50, "mixed_75": 75, "mixed_100": 100}
MIXED = ((True, True), (False, False))
# words of a correct trace, by white space, without those of its facts
SENTENCE_WORDS = {"cotempqa": 26, "babi": 32, "ms_marco": 32}


def verify_traces(questions: Sequence[Question], traces: Sequence[Trace]) -> list[Trace]:
    """Give the traces with their verdicts.

    Raises VerificationError, naming the item, at the first trace that has no question, is not what its arm
    says, or changes the final answer; and where the share of right traces is not that of a mixed arm.
    """
    by_id = {question.id: question for question in questions}
    verified = []
    for trace in traces:
        if trace.id not in by_id:
            raise VerificationError(
                "the trace belongs to no question", where=trace.id, hint="build the traces anew"
            )
        verdict = verify_trace(by_id[trace.id], trace)
        allowed = MIXED if trace.arm in SHARES else (EXPECTED[trace.arm],)
        if (verdict["class_ok"], verdict["facts_ok"]) not in allowed:
            raise VerificationError(
                f"labelled {trace.arm!r}, but class step right = {verdict['class_ok']} and "
                f"retrieval step right = {verdict['facts_ok']}",
                where=trace.id,
                hint="the trace builder and the question disagree; training on it would be wrong",
            )
        verified.append(replace(trace, verdict=verdict))
    _check_shares(verified)
    _check_fillers(verified)
    return verified


def verify_trace(question: Question, trace: Trace) -> dict[str, bool | None]:
    """Decide whether each step of one trace is right: `{class_ok, facts_ok}`, None where there is no step.

    A retrieval step is right when it quotes exactly the gold facts, and wrong when it quotes none of them.
    Raises VerificationError when it is neither, when the turn is malformed or the answer is not the gold one.
    """
    if trace.arm == "none":
        _check_answer(question, trace.target)
        return {"class_ok": None, "facts_ok": None}
    turn = _TURN.fullmatch(trace.target)
    if turn and EXPECTED.get(trace.arm) == (None, None):
        length = _correct_length(question) if trace.arm == "filler" else 0
        words = turn["reasoning"].split(" ") if turn["reasoning"] else []
        if len(words) != length:
            raise VerificationError(f"the trace is not {length} words long", where=question.id)
        _check_answer(question, turn["answer"])
        return {"class_ok": None, "facts_ok": None}
    reasoning = turn and _REASONING[question.dataset].fullmatch(turn["reasoning"])
    if not reasoning:
        raise VerificationError(
            "the assistant turn is malformed", where=question.id, hint="build the traces anew"
        )
    _check_answer(question, turn["answer"])
    facts_ok = None if reasoning["facts"] is None else _facts_right(question, reasoning["facts"])
    return {"class_ok": reasoning["label"] == question.class_label, "facts_ok": facts_ok}


def _check_shares(traces: Sequence[Trace]) -> None:
    """Raise unless each mixed arm has its share of right traces, to the nearest whole number."""
    for arm, share in SHARES.items():
        right = [trace.verdict["facts_ok"] for trace in traces if trace.arm == arm]
        if abs(100 * sum(right) - share * len(right)) > 50:
            raise VerificationError(
                f"{sum(right)} of {len(right)} traces are right, not {share} %",
                where=arm,
                hint="build the traces anew",
            )


def _check_fillers(traces: Sequence[Trace]) -> None:
    """Raise unless all fillers are the beginning of one text: such a text cannot speak of its question."""
    fillers = {
        trace.id: _TURN.fullmatch(trace.target)["reasoning"] for trace in traces if trace.arm == "filler"
    }
    longest = max(fillers.values(), key=len, default="")
    for name, text in fillers.items():
        if not longest.startswith(text):
            raise VerificationError("the filler differs from that of other questions", where=name)


def _correct_length(question: Question) -> int:
    """Count the words of the correct trace, as white space parts them."""
    gold = _gold_texts(question)
    quoted = gold[0] if question.dataset == "ms_marco" else render_list(gold)
    return SENTENCE_WORDS[question.dataset] + len(quoted.split())


def _check_answer(question: Question, answer: str) -> None:
    """Raise unless the final answer is the gold answer, untouched."""
    if not is_gold_answer(question, answer):
        raise VerificationError(f"the final answer {answer!r} is not the gold one", where=question.id)


def is_gold_answer(question: Question, answer: str) -> bool:
    """Tell whether a final answer is the gold one as each dataset writes it, untouched."""
    match question.dataset:
        case "cotempqa":
            return parse_list(answer) == list(question.answers)
        case "babi":
            return answer.split(",") == list(question.answers)
        case _:
            return answer == question.answers[0]


def _facts_right(question: Question, quoted_text: str) -> bool:
    """Tell right from wrong; letter case does not make a gold fact wrong."""
    # a passage may look like a list; only the released recipe's empty list is one in MS MARCO
    quoted = parse_list(quoted_text) if question.dataset != "ms_marco" or quoted_text == "[]" else None
    if quoted is None:
        quoted = [quoted_text]
    gold = _gold_texts(question)
    if set(quoted) == set(gold):
        return True
    leaked = {text.casefold() for text in quoted} & {text.casefold() for text in gold}
    if leaked:
        raise VerificationError(
            f"the retrieval step quotes a part of the gold facts: {sorted(leaked)[0]!r}", where=question.id
        )
    return False


def _gold_texts(question: Question) -> list[str]:
    """Give the gold facts: found anew for CoTempQA, by index elsewhere."""
    if question.dataset == "cotempqa":
        return [fact for fact in question.context if any(answer in fact for answer in question.answers)]
    if not question.gold_facts:
        return ["No Answer Present."]
    return [question.context[index] for index in question.gold_facts]
