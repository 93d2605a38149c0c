import pytest
from support.examples import make_question, strangers
from tracekd.core.records import Generation
from tracekd.datasets import get_dataset
from tracekd.scoring.aligned import MEASURES
from tracekd.scoring.aligned import score_item as score
from tracekd.scoring.outputs import read_answer
from tracekd.scoring.score import write_scores
from tracekd.traces.arms import MIXTURES, built_arms, get_arm
from tracekd.traces.build import build_trace


def judge(question, text, arm):
    return score(question, Generation(question.id, "0" * 64, text, 1, 1, "stop"), arm)


@pytest.mark.parametrize("arm", [name for name in built_arms() if name not in MIXTURES])
def test_every_target_gets_the_verdict_of_its_arm(question, arm):
    got = judge(question, build_trace(question, arm, 0, strangers(question.dataset)).target, arm)
    assert got.answer_ok and got.readable and got.measures["f1"] == 1
    truths = get_arm(arm).truths(get_dataset(question.dataset))
    assert got.steps == truths
    assert got.trace_ok == (False not in truths.values() if truths else None)


@pytest.mark.parametrize(
    "text", ["", "<think>", "<answer>", "<think>x</think> <answer>hall", "</answer><answer>"]
)
def test_an_unfinished_output_is_wrong_and_not_readable(question, text):
    got = judge(question, text, "correct")
    assert got.steps == {"class": False, "facts": False}
    assert not (got.answer_ok or got.trace_ok or got.readable)


def test_the_answer_is_compared_as_a_set_without_case_blanks_and_punctuation():
    question = make_question("cotempqa")
    assert judge(question, "[ 'Norbert  Wiener', 'david widder.' ]", "none").answer_ok
    half = judge(question, "['Norbert Wiener']", "none")
    assert not half.answer_ok and (half.measures["precision"], half.measures["recall"]) == (1.0, 0.5)
    assert not judge(question, "David Widder and Norbert Wiener", "none").readable


def test_pasting_the_whole_context_gains_nothing():
    question = make_question("cotempqa")
    assert not judge(question, str(list(question.context)), "none").answer_ok
    trace = build_trace(question, "correct", seed=0)
    everything = trace.target.replace(
        str([question.context[0], question.context[2]]), str(list(question.context))
    )
    assert judge(question, everything, "correct").steps["facts"] is False


def test_any_one_reference_is_right_in_ms_marco_and_f1_counts_tokens():
    question = make_question("ms_marco")
    assert judge(question, "about 210", "none").answer_ok
    got = judge(question, "it is about 210 people", "none")
    assert not got.answer_ok
    assert (got.measures["precision"], got.measures["recall"]) == (2 / 5, 1.0)


def test_rouge_l_minds_the_order_of_words_and_is_of_free_text_only():
    question = make_question("ms_marco", answers=("the lake of Geneva",))
    assert judge(question, "the lake of Geneva", "none").measures["rouge_l"] == 1
    assert judge(question, "Geneva lake", "none").measures["rouge_l"] == pytest.approx(2 * 0.5 * 0.25 / 0.75)
    assert judge(question, "", "correct").measures["rouge_l"] == 0
    assert judge(make_question("babi"), "hallway", "none").measures["rouge_l"] is None


def test_words_of_any_script_count_in_free_text():
    question = make_question("ms_marco", answers=("Ярослав Мудрый",))
    assert judge(question, "Ярослав", "none").measures["f1"] == pytest.approx(2 / 3)


def test_a_header_that_the_model_wrote_itself_is_not_part_of_a_bare_answer():
    question = make_question("babi")
    assert judge(question, "assistant\n\nhallway", "none").answer_ok
    assert judge(question, "assistant\n<think>\n\n</think>\n\nhallway", "none").answer_ok
    assert judge(question, "assistant\n<think>\n\nhallway", "none").answer_ok
    assert judge(question, "<answer>hallway</answer>", "prompt_only").answer_ok


def test_the_score_file_has_flags_as_digits_and_gaps_where_no_step_is(tmp_path):
    question = make_question("babi")
    write_scores([judge(question, "hallway", "none")], tmp_path / "s.csv", MEASURES, ["class", "facts"])
    header, line = (tmp_path / "s.csv").read_text().splitlines()
    assert header == "id,class,answer_ok,f1,precision,recall,rouge_l,class_ok,facts_ok,trace_ok,readable"
    assert line == "babi-1,two-supporting-facts,1,1.0,1.0,1.0,,,,,1"


GOLD = "['David Widder', 'Norbert Wiener']"
OTHER = "['Claude Shannon']"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        # what is weighed within the trace is no answer
        (f"<think>is it <answer>{GOLD}</answer>?</think> <answer>{OTHER}</answer>", False),
        (f"<think>is it <answer>{OTHER}</answer>?</think> <answer>{GOLD}</answer>", True),
        (f"<think>a</think> <answer>{OTHER}</answer> <think>b</think> <answer>{GOLD}</answer>", True),
        (f"<think>a</think> <answer>{GOLD}</answer> <think>b</think> <answer>{OTHER}</answer>", False),
        # behind it the first tag counts
        (f"<think>a</think> <answer>{GOLD}</answer> <answer>{OTHER}</answer>", True),
        (f"<think>a</think> <answer>{OTHER}</answer> <answer>{GOLD}</answer>", False),
        # there is no answer behind a trace that was not closed, or that nothing follows
        (f"<think>is it <answer>{GOLD}</answer>", False),
        (f"<think>is it <answer>{GOLD}</answer></think>", False),
        # a text without any trace is all answer
        (f"<answer>{GOLD}</answer>", True),
        (f"a</think> <answer>{GOLD}</answer>", True),
    ],
)
def test_the_answer_is_the_first_tag_behind_the_last_trace(text, right):
    assert judge(make_question("cotempqa"), text, "correct").answer_ok == right


@pytest.mark.parametrize("arm", ["none", "prompt_only"])
def test_a_trace_that_was_not_asked_for_holds_no_answer_either(arm):
    question = make_question("cotempqa")
    assert not judge(
        question, f"<think><answer>{GOLD}</answer></think> <answer>{OTHER}</answer>", arm
    ).answer_ok
    assert judge(question, f"<think><answer>{OTHER}</answer></think> <answer>{GOLD}</answer>", arm).answer_ok


def test_the_tolerant_reader_looks_behind_the_trace_too():
    question = make_question("cotempqa")
    text = f"<think>is it <answer>{OTHER}</answer>?</think> <answer>{GOLD}"
    assert read_answer(question, text, with_trace=True) == {"david widder", "norbert wiener"}
