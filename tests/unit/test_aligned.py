import pytest
from support.examples import make_question
from tracekd.core.records import Generation
from tracekd.scoring.aligned import score_item as score
from tracekd.scoring.score import COLUMNS, write_scores
from tracekd.traces.build import RECIPES, build_trace


def judge(question, text, arm):
    return score(question, Generation(question.id, "0" * 64, text, 1, 1, "stop"), arm)


@pytest.mark.parametrize("arm", RECIPES)
def test_every_target_gets_the_verdict_of_its_arm(question, arm):
    got = judge(question, build_trace(question, arm, seed=0).target, arm)
    assert got.answer_ok and got.parsed and got.f1 == 1
    truth = RECIPES[arm].class_ok, RECIPES[arm].facts_ok
    assert (got.class_ok, got.facts_ok) == truth
    assert got.trace_ok == (None if truth == (None, None) else False not in truth)


@pytest.mark.parametrize(
    "text", ["", "<think>", "<answer>", "<think>x</think> <answer>hall", "</answer><answer>"]
)
def test_an_unfinished_output_is_wrong_and_not_parsed(question, text):
    got = judge(question, text, "correct")
    assert not (got.answer_ok or got.class_ok or got.facts_ok or got.trace_ok or got.parsed)


def test_the_answer_is_compared_as_a_set_without_case_blanks_and_punctuation():
    question = make_question("cotempqa")
    assert judge(question, "[ 'Norbert  Wiener', 'david widder.' ]", "none").answer_ok
    half = judge(question, "['Norbert Wiener']", "none")
    assert not half.answer_ok and (half.precision, half.recall) == (1.0, 0.5)
    assert not judge(question, "David Widder and Norbert Wiener", "none").parsed


def test_pasting_the_whole_context_gains_nothing():
    question = make_question("cotempqa")
    assert not judge(question, str(list(question.context)), "none").answer_ok
    trace = build_trace(question, "correct", seed=0)
    everything = trace.target.replace(
        str([question.context[0], question.context[2]]), str(list(question.context))
    )
    assert judge(question, everything, "correct").facts_ok is False


def test_any_one_reference_is_right_in_ms_marco_and_f1_counts_tokens():
    question = make_question("ms_marco")
    assert judge(question, "about 210", "none").answer_ok
    got = judge(question, "it is about 210 people", "none")
    assert not got.answer_ok and got.precision == 2 / 5 and got.recall == 1.0


def test_rouge_l_minds_the_order_of_words_and_is_of_free_text_only():
    question = make_question("ms_marco", answers=("the lake of Geneva",))
    assert judge(question, "the lake of Geneva", "none").rouge_l == 1
    assert judge(question, "Geneva lake", "none").rouge_l == pytest.approx(2 * 0.5 * 0.25 / 0.75)
    assert judge(question, "", "correct").rouge_l == 0
    assert judge(make_question("babi"), "hallway", "none").rouge_l is None


def test_words_of_any_script_count_in_free_text():
    question = make_question("ms_marco", answers=("Ярослав Мудрый",))
    assert judge(question, "Ярослав", "none").f1 == pytest.approx(2 / 3)


def test_a_header_that_the_model_wrote_itself_is_not_part_of_a_bare_answer():
    question = make_question("babi")
    assert judge(question, "assistant\n\nhallway", "none").answer_ok
    assert judge(question, "assistant\n<think>\n\n</think>\n\nhallway", "none").answer_ok
    assert judge(question, "assistant\n<think>\n\nhallway", "none").answer_ok
    assert judge(question, "<answer>hallway</answer>", "prompt_only").answer_ok


def test_the_score_file_has_flags_as_digits_and_gaps_where_no_step_is(tmp_path):
    question = make_question("babi")
    write_scores([judge(question, "hallway", "none")], tmp_path / "s.csv")
    header, line = (tmp_path / "s.csv").read_text().splitlines()
    assert (
        header
        == "id,class,answer_ok,f1,precision,recall,class_ok,facts_ok,trace_ok,parsed,rouge_l"
        == ",".join(COLUMNS)
    )
    assert line == "babi-1,two-supporting-facts,1,1.0,1.0,1.0,,,,1,"
