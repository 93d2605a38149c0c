"""Every dataset keeps the promises of `Dataset`, its steps those of `Step`; its verifier agrees with both."""

import ast
import inspect
import random
from dataclasses import replace

import pytest
from support.missing import skip_without
from tracekd.core.errors import VerificationError
from tracekd.core.normalise import normalise_answer
from tracekd.core.records import Generation, Trace, validator, write_records
from tracekd.core.records import read_questions as read_records
from tracekd.datasets import BUILT_IN, DATASETS, get_dataset
from tracekd.datasets.simulation import SIMULATORS, get_simulator
from tracekd.scoring import SCORERS, aligned
from tracekd.scoring.readings import imply
from tracekd.sources.kinds import Simulate
from tracekd.traces.arms import built_arms, get_arm
from tracekd.traces.build import build_traces
from tracekd.traces.prompts import render_target
from tracekd.traces.verification import VERIFIERS, verify_trace, verify_traces

# extensions are not loaded yet; what they bring is meant for datasets of their own
BUILT_IN_ARMS, BUILT_IN_SCORERS = frozenset(built_arms()), frozenset(SCORERS)


def rendered(dataset, values):
    """The reasoning text that states these values."""
    return "".join(step.render(values[step.name]) for step in dataset.steps)


def stated(dataset, question, wrong=()):
    """Values of all steps, right but for those named; wrong ones are drawn with one seed."""
    rng = random.Random(question.id)
    drawn = {step.name: step.wrong(question, rng, ()) for step in dataset.steps if step.name in wrong}
    return {step.name: drawn.get(step.name, step.gold(question)) for step in dataset.steps}


def read_folder(folder):
    """The bytes of every file by its path."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def brought_arms(dataset):
    """Arms that came with a dataset."""
    return [] if dataset in BUILT_IN else [arm for arm in built_arms() if arm not in BUILT_IN_ARMS]


def scorers_for(dataset):
    """Scorers that can judge a dataset."""
    return [
        scorer
        for scorer in SCORERS.values()
        if (dataset not in BUILT_IN or scorer.name in BUILT_IN_SCORERS)
        and (scorer.datasets is None or dataset in scorer.datasets())
    ]


def generation(question, text):
    return Generation(question.id, "0" * 64, text, None, None, None)


def test_its_classes_and_steps_have_names_of_their_own_and_titles(dataset):
    assert len(set(dataset.classes)) == len(dataset.classes) > 1
    names = [step.name for step in dataset.steps]
    assert len(set(names)) == len(names) >= 1
    assert all(name.isidentifier() and name not in ("answer", "trace") for name in names)
    assert dataset.title and all(step.title and step.opening for step in dataset.steps)
    assert all(step.asks.endswith("?") for step in dataset.steps)
    assert dataset.implied_by in (None, *names)


def test_every_question_is_about_something_that_its_record_says(dataset, questions):
    for question in questions:
        anchor = dataset.anchor(question)
        assert isinstance(anchor, str) and anchor
        assert dataset.anchor(question) == anchor


def test_it_reads_valid_records_of_both_splits_with_unique_ids(name, dataset, corpus, questions, tmp_path):
    for question in questions:
        validator("question")(question.to_json())
        assert question.dataset == name
        assert question.class_label in dataset.classes
        assert all(index < len(question.context) for index in question.gold_facts)
        assert list(question.gold_facts) == sorted(set(question.gold_facts))
    assert {question.split for question in questions} == {"train", "test"}
    write_records(corpus, tmp_path / "questions.jsonl")
    assert read_records(tmp_path / "questions.jsonl") == corpus


def test_reading_twice_gives_the_same_questions_in_the_same_order(dataset, raw, options, corpus):
    assert dataset.read(raw, options, 0) == corpus


def test_every_source_is_a_place_in_a_raw_file(raw, questions):
    for question in questions:
        assert (raw / question.source.file).is_file()
        assert question.source.line >= 1


def test_prompts_show_every_fact_and_the_question(dataset, questions):
    for question in questions:
        for prompt in (dataset.user_prompt(question), dataset.prompt_only_prompt(question)):
            assert all(fact in prompt for fact in question.context)
            assert question.question in prompt


def test_a_right_step_is_read_back_as_right_and_a_wrong_one_as_wrong(dataset, drawable):
    for question in drawable:
        for wrong in ((), *((step.name,) for step in dataset.steps)):
            reasoning = rendered(dataset, stated(dataset, question, wrong))
            for step in dataset.steps:
                value = step.parse(reasoning)
                assert value is not None, (question.id, step.name, reasoning)
                assert step.judge(question, value) == (step.name not in wrong), (question.id, step.name)


def test_a_wrong_step_depends_on_the_seed_only_and_has_the_form_of_a_right_one(dataset, drawable):
    for question in drawable:
        for step in dataset.steps:
            first, second = (step.wrong(question, random.Random(1), ()) for _ in range(2))
            assert first == second
            assert type(first) is type(step.gold(question))
            if step.quotes:
                assert set(first) <= set(question.context)
                assert len(first) == max(1, len(question.gold_facts))


def test_steps_of_another_text_are_not_there(dataset):
    for step in dataset.steps:
        assert step.parse("What a fine day it is.") is None


def test_its_verifier_agrees_step_by_step(name, dataset, drawable):
    verifier = VERIFIERS.get(name)
    assert tuple(step.name for step in dataset.steps) == verifier.STEPS
    for question in drawable:
        for wrong in ((), *((step.name,) for step in dataset.steps), verifier.STEPS):
            values = stated(dataset, question, wrong)
            target = render_target(rendered(dataset, values), dataset.answer_text(question.answers))
            verdict = verify_trace(question, Trace(question.id, "correct", values, "", target))
            assert verdict == {step: step not in wrong for step in verifier.STEPS}, (question.id, wrong)


def test_its_verifier_shares_no_code_with_it(name, dataset):
    verifier, own = VERIFIERS.get(name), inspect.getmodule(type(dataset)).__name__
    tree = ast.parse(inspect.getsource(verifier))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    home = own.rpartition(".")[0] or own
    assert not {module for module in imported if module and (module == own or module.startswith(f"{home}."))}
    assert not {module for module in imported if module and module.startswith("tracekd.datasets")}


@pytest.mark.parametrize("arm", ["none", "correct", "incorrect_matched", "empty_trace", "filler", "mixed_50"])
def test_traces_of_every_arm_are_what_the_verifier_expects(dataset, drawable, arm):
    train = [question for question in drawable if question.split == "train"]
    assert verify_traces(train, build_traces(train, arm, seed=0))


def test_traces_of_arms_of_ones_own_are_what_the_verifier_expects(name, drawable):
    known = {one: {step.name for step in get_dataset(one).steps} for one in DATASETS}
    train = [question for question in drawable if question.split == "train"]
    for arm in brought_arms(name):
        named = get_arm(arm).steps.keys()
        assert any(named <= steps for steps in known.values()), f"no dataset has the steps of {arm}"
        if named <= known[name]:
            assert verify_traces(train, build_traces(train, arm, seed=0)), arm


def test_its_verifier_refuses_another_answer(dataset, questions):
    for question in questions[:20]:
        target = render_target(rendered(dataset, stated(dataset, question)), "something else")
        with pytest.raises(VerificationError, match="not the gold one"):
            verify_trace(question, Trace(question.id, "correct", {}, "", target))


def test_its_own_answer_text_is_read_back_and_right(dataset, questions):
    for question in questions:
        answers = question.answers[:1] if dataset.alternatives else question.answers
        parsed = dataset.parse_answer(dataset.answer_text(question.answers))
        assert parsed == frozenset(map(normalise_answer, answers))
        assert dataset.is_right(question, parsed)


def test_a_correct_turn_scores_full_marks_and_is_readable(dataset, questions):
    for question in questions:
        reasoning = rendered(dataset, stated(dataset, question))
        turn = render_target(reasoning, dataset.answer_text(question.answers))
        score = aligned.score_item(question, generation(question, turn), "correct")
        assert (score.answer_ok, score.trace_ok, score.readable) == (True, True, True), question.id
        assert score.steps == {step.name: True for step in dataset.steps}


def test_every_scorer_that_judges_it_gives_its_measures(name, dataset, corpus, questions):
    turns = [
        generation(
            one, render_target(rendered(dataset, stated(dataset, one)), dataset.answer_text(one.answers))
        )
        for one in questions
        if one.split == "test"
    ]
    for scorer in scorers_for(name):
        assert len(scorer.score(corpus, turns, "correct")) == len(turns)


def test_there_is_one_candidate_for_each_fact_and_a_kind_for_each_question(dataset, questions):
    for question in questions:
        candidates = dataset.candidates(question)
        assert len(candidates) == len(question.context)
        assert all(candidate in fact for candidate, fact in zip(candidates, question.context, strict=True))
        assert dataset.answer_kind(question)


def test_an_empty_fact_as_a_model_may_quote_it_offers_nothing(dataset, questions):
    assert list(dataset.candidates(replace(questions[0], context=("", ".", " ")))) == [""] * 3


def test_what_a_trace_implies_is_right_when_its_source_is(dataset, drawable):
    for question in drawable:
        right = {name: _as_read(value) for name, value in stated(dataset, question).items()}
        implied = imply(dataset, question, right)
        if dataset.implied_by is None:
            assert implied is None
            continue
        assert implied is not None and frozenset(map(normalise_answer, question.answers)) <= implied
        without = {name: value for name, value in right.items() if name != dataset.implied_by}
        assert imply(dataset, question, without) is None


def _as_read(value):
    """A value as `parse` gives it: texts as a set."""
    return frozenset(value) if isinstance(value, tuple) else value


def test_a_released_recipe_draws_wrong_steps_and_depends_on_the_seed_only(dataset, questions):
    if not dataset.has_released_recipe:
        assert dataset.released_incorrect(questions[0], random.Random(1)) is None
        return
    for question in questions:
        values, text = dataset.released_incorrect(question, random.Random(1))
        assert (values, text) == dataset.released_incorrect(question, random.Random(1))
        assert text != rendered(dataset, stated(dataset, question))
        for step in dataset.steps:
            assert values[step.name] != step.gold(question)


def test_its_simulator_writes_the_same_bytes_for_the_same_seed(name, entry, tmp_path):
    if not isinstance(entry.source, Simulate):
        skip_without(f"a simulated corpus of {name}", f"its source is {entry.source.kind}")
    folders = [tmp_path / str(number) for number in range(3)]
    for folder, seed in zip(folders, (0, 0, 1), strict=True):
        folder.mkdir()
        get_simulator(name).write_raw(folder, entry.source.sizes, seed)
    first, again, other = map(read_folder, folders)
    assert first and first == again != other


def test_its_simulator_draws_questions_of_it(name):
    if name not in SIMULATORS:
        skip_without(f"a simulator of {name}", "see docs/extending.md")
    scene = get_simulator(name).sample(random.Random(0))
    assert scene.questions and all(question.dataset == name for question in scene.questions)
    phrases = get_simulator(name).PHRASES
    assert phrases and all(phrases)
