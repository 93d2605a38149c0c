"""The experiment: what is set, in which context, what is weighed, what tables and figure make of it."""

import dataclasses
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import torch
from support.examples import NAMES, ROOT, make_question, strangers
from support.figures import assert_legible
from support.planted_answers import plant
from support.run_data import run_script
from support.tiny_models import CHAT, QUANTISATION
from tracekd.adapters.chat import Prompt, encode_answers, encode_example
from tracekd.adapters.decoding import decode_greedily
from tracekd.adapters.measuring import SPARE_TOKENS
from tracekd.core.checks import read_yaml
from tracekd.core.literals import parse_list
from tracekd.core.records import Generation, write_records
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import Grid
from tracekd.experiment.asking import Interview
from tracekd.experiment.contexts import with_answer_swapped
from tracekd.experiment.design import LeftOut, design_items, set_traces, set_up
from tracekd.experiment.estimands import item_values
from tracekd.experiment.measurements import read_measurements
from tracekd.experiment.traces import name_kinds
from tracekd.figures.experiment import plot_experiment
from tracekd.settings.config import Generation as Decoding
from tracekd.settings.experiment import Experiment
from tracekd.settings.statistics import Statistics
from tracekd.tables.experiment import (
    effects_table,
    items_table,
    left_out_table,
    show_effects,
    values_frame,
)
from tracekd.traces.build import build_trace
from tracekd.traces.prompts import chat_messages, render_target
from tracekd.traces.verification import is_swapped

SETTINGS = Experiment.model_validate(read_yaml(ROOT / "config/experiment.yaml")["experiment"])
STATISTICS = Statistics.model_validate(read_yaml(ROOT / "config/statistics.yaml"))
YEARS = ((1916, 1919), (1917, 1918), (1930, 1931))


def make_questions(count=8):
    """Questions about a works each, with three workers; two were there at once, one is the answer."""
    questions = []
    for number in range(count):
        workers = [NAMES[(number + step) % len(NAMES)] for step in range(3)]
        context = tuple(
            f"{worker} works for Works {number} from {start} to {end}."
            for worker, (start, end) in zip(workers, YEARS, strict=True)
        )
        changes = {"id": f"q{number}", "split": "test", "context": context, "gold_facts": (0,)}
        asked = f"While {workers[1]} was working for Works {number}, who worked there too?"
        questions.append(make_question(**changes, answers=(workers[0],), question=asked))
    return questions


def elsewhere():
    """Questions that have nothing in common with those: other relation, other people, other centuries."""
    towns = ["Aal", "Bern", "Cork"]
    return [
        make_question(
            id=f"z{number}",
            split="test",
            context=(
                f"Old {town} holds the position of mayor of {town} from 1801 to 1802.",
                f"Old {town} holds the position of bailiff of {town} from 1801 to 1803.",
            ),
            question=f"While Old {town} was mayor, which position did Old {town} hold at the same time?",
            answers=(f"bailiff of {town}",),
            gold_facts=(1,),
        )
        for number, town in enumerate(towns)
    ]


@pytest.fixture(scope="module")
def questions():
    return [*make_questions(), *elsewhere()]


@pytest.fixture(scope="module")
def bench(questions):
    return set_up(questions, 0, {})


@pytest.fixture(scope="module")
def items(bench):
    return [item for item in design_items(bench, SETTINGS)[0] if item.question.id.startswith("q")]


def written(question):
    """What a model wrote that thinks the gold trace by itself, whatever it is asked."""
    turn = build_trace(question, "correct", 0).target
    return dict.fromkeys(("own", "own_swapped", "own_cued", "own_mistaken"), turn)


@pytest.fixture(scope="module")
def cells(items, bench):
    """Cells of the first item by context and trace."""
    found = set_traces(items[0], bench, written(items[0].question))
    return {(cell.context, cell.trace): cell for cell in found}


# --- contexts


def test_a_swapped_context_names_the_new_answer_wherever_the_old_one_stood(items):
    for item in items:
        before, after = item.contexts["intact"], item.contexts["gold_swapped"]
        (old,), (new,) = before.answers, after.answers
        assert new in NAMES and not any(new in fact for fact in before.context)
        assert after.context == tuple(fact.replace(old, new) for fact in before.context)
        assert after.question == before.question


def test_a_removed_context_lacks_the_gold_facts_and_nothing_else(items):
    for item in items:
        assert item.contexts["gold_removed"].context == item.question.context[1:]


@pytest.mark.parametrize("name", ["cotempqa", "babi"])
def test_the_verifier_refuses_a_swap_that_leaves_or_changes_something_else(name):
    before = make_question(name)
    answers = {"cotempqa": ("Ada Byron", "Max Brod"), "babi": ("kitchen",)}[name]
    context, new = before.context, answers[-1]
    for pair in zip(before.answers, answers, strict=True):
        context = tuple(fact.replace(*pair) for fact in context)
    after = dataclasses.replace(before, context=context, answers=answers)
    place = before.gold_facts[-1]
    assert is_swapped(before, after)
    forgotten = (*context[:place], before.context[place], *context[place + 1 :])
    other = next(number for number in range(len(context)) if number not in before.gold_facts)
    faults = {
        "the answer is as it was": {"answers": before.answers},
        "a mention is forgotten": {"context": forgotten},
        "another fact is changed": {
            "context": (*context[:other], context[other].replace(".", " now."), *context[other + 1 :])
        },
        "the question names it": {"question": f"{before.question} {new}?"},
    }
    for fault, changes in faults.items():
        assert not is_swapped(before, dataclasses.replace(after, **changes)), fault
    known = dataclasses.replace(
        before, context=(*before.context, before.context[other].replace(".", f" {new}."))
    )
    assert not is_swapped(known, dataclasses.replace(after, context=(*context, known.context[-1])))


def test_an_answer_is_not_renamed_to_the_other_side_of_its_own_fact():
    before = make_question(context=("Max Brod works for Oxford from 1916 to 1919.",), answers=("Oxford",))
    before = dataclasses.replace(before, question="Which employer was it in 1917?", gold_facts=(0,))
    fact = before.context[0]
    for name, is_new in (("Prague", True), ("Max Brod", False)):
        after = dataclasses.replace(before, context=(fact.replace("Oxford", name),), answers=(name,))
        assert is_swapped(before, after) == is_new


def test_an_answer_that_is_a_part_of_another_name_is_not_swapped():
    context = (
        "Max Brod works for Oxford from 1916 to 1919.",
        "Max Brod plays for Oxford United from 1916 to 1918.",
    )
    asked = "While Max Brod was playing for Oxford United, which employer did Max Brod work for?"
    question = make_question(context=context, answers=("Oxford",), gold_facts=(0, 1), question=asked)
    other = make_question(id="o", answers=("Works",), question=asked)
    assert with_answer_swapped(question, name_kinds([question, other]), 0) is None


def test_a_dataset_whose_verifier_knows_no_swaps_has_none():
    question = make_question("ms_marco")
    assert not is_swapped(question, question)


# --- set traces


def test_every_trace_says_what_its_name_says(items, cells, bench):
    question = items[0].question
    gold, label = question.context[0], question.class_label
    facts = get_dataset("cotempqa").step("facts")
    texts = {trace: cell.text for (context, trace), cell in cells.items() if context == "intact"}
    assert texts["own"] == texts["gold"] == build_trace(question, "correct", 0).text
    reworded = texts["gold_paraphrased"]
    assert gold in reworded and f": {label}." in reworded
    assert not any(step.opening in reworded for step in get_dataset("cotempqa").steps)
    # who was there at the same time is nearer than who came later
    assert facts.parse(texts["wrong_near"]) == {question.context[1]}
    assert not facts.parse(texts["wrong_far"]) & set(question.context)
    assert texts["wrong_released"].endswith(tuple(question.context[1:]))
    assert not facts.parse(texts["foreign"]) & set(question.context)
    assert texts["empty"] == ""
    words = texts["filler_words"].split()
    asked = {word for other in bench.pool for word in other.question.split()}
    assert len(words) == len(texts["gold"].split()) and set(words) <= asked
    assert not any(name in texts["filler_words"] for name in NAMES)
    assert "gold_reordered" not in texts and "teacher" not in texts


def test_early_answering_cuts_the_own_trace_word_by_word(cells):
    own = cells["intact", "own"].text
    for share in (0, 25, 50, 75):
        part = cells["intact", f"own_{share}"].text
        assert own.startswith(part)
        assert len(part.split()) == share * len(own.split()) // 100


def test_gold_facts_are_reordered_where_there_are_two():
    question = make_question(split="test")
    others = [dataclasses.replace(one, split="test") for one in strangers("cotempqa")]
    bench = set_up([question, *others], 0, {question.id: "So it was Irving Segal."})
    items, _ = design_items(bench, SETTINGS)
    item = next(item for item in items if item.question.id == question.id)
    found = {cell.trace: cell for cell in set_traces(item, bench, {}) if cell.context == "intact"}
    quoted = parse_list(found["gold_reordered"].text.partition("question: ")[2])
    assert quoted == [question.context[2], question.context[0]]
    assert found["gold_reordered"].named == question.answers
    # a teacher's words imply what they conclude
    assert found["teacher"].text == "So it was Irving Segal." and found["teacher"].named == ("Irving Segal",)
    # a model that closed no think tag has no trace of its own
    assert not any(trace.startswith("own") for trace in found)


def test_a_trace_implies_the_same_answer_in_every_context(items, cells):
    question = items[0].question
    implied = {trace: {cell.named for (_, one), cell in cells.items() if one == trace} for _, trace in cells}
    assert implied["gold"] == implied["gold_paraphrased"] == {question.answers}
    assert implied["wrong_near"] == {(NAMES[1],)} == {items[0].foil}
    assert implied["empty"] == implied["filler_words"] == {None}


def test_what_cannot_be_built_is_counted(questions):
    counting = make_question(id="c", split="test", answers=("two",), gold_facts=(0,))
    alone = make_question(
        id="a", split="test", answers=("David Widder",), context=make_question().context[:1], gold_facts=(0,)
    )
    _, left_out = design_items(set_up([*questions, counting, alone], 0, {}), SETTINGS)
    assert ("c", "item", "answer is no entity of its facts") in left_out
    assert ("a", "context", "gold_removed") in left_out
    reordered = {one.id for one in left_out if one[1:] == ("trace", "gold_reordered")}
    assert reordered == {"a", *(question.id for question in questions)}


def test_the_battery_is_made_on_a_part_of_the_items(bench):
    items, left_out = design_items(bench, SETTINGS.changed(battery_items=2))
    probed = [item for item in items if "cued" in item.contexts]
    assert 2 == len(probed) < len(items) and not [one for one in left_out if one.name == "cued"]
    for item in items:
        traces = {cell.trace for cell in set_traces(item, bench, written(item.question))}
        assert ("own_25" in traces) == ("own_mistaken" in traces) == (item in probed)
        assert {"own", "own_swapped", "wrong_near"} <= traces


def test_what_is_set_depends_on_nothing_but_seed_and_item(questions, items, bench):
    again, _ = design_items(set_up(questions, 0, {}), SETTINGS.changed(items=5))
    assert len(again) == 5
    by_id = {item.question.id: item for item in design_items(bench, SETTINGS)[0]}
    for item in again:
        twin = by_id[item.question.id]
        assert (item.contexts, item.foil, item.answers) == (twin.contexts, twin.foil, twin.answers)
    other, _ = design_items(set_up(questions, 1, {}), SETTINGS)
    assert [item.contexts for item in other] != [item.contexts for item in by_id.values()]


# --- tokens


@pytest.mark.parametrize("trace", ["so it is", "", None])
def test_answers_are_the_tokens_of_training(tokenizer, trace):
    question = make_question()
    messages = chat_messages(question, "Llama")
    texts = ["['Ada Byron']", '["Max O\'Brod"]', "['Ada Byron', 'Kurt Weil']"]
    found = encode_answers(tokenizer, "a", messages, trace, texts, CHAT)
    for text, continuation in zip(texts, found.continuations, strict=True):
        turn = {"role": "assistant", "content": render_target(trace, text)}
        whole = encode_example(tokenizer, ("a", [*messages, turn]), "all", CHAT)["input_ids"]
        tokens = list(found.prompt + continuation)
        assert whole[: len(tokens)] == tokens
        end = "</answer>" if trace is not None else "<|end|>"
        assert found.opened + tokenizer.decode(continuation) == text + end
    assert found.opened == "["


# --- measurement


DECODING = Decoding(batch_size=16, max_new_tokens=6, sampling="greedy")


def hold(base, tokenizer, items, bench, work):
    """Ask the random tiny model about two items."""
    own = {item.question.id: written(item.question)["own"] for item in items}
    interview = Interview(tokenizer, "Llama", CHAT)
    return interview.hold(base, items, bench, own, DECODING, 0, {}, work, "tiny")


@pytest.fixture(scope="module")
def measured(base, tokenizer, items, bench, tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    return hold(base, tokenizer, items[:2], bench, work), work


def test_every_number_is_that_of_a_plain_pass_over_the_whole_conversation(measured, base, tokenizer, items):
    item = items[0]
    chosen = [one for one in measured[0] if one.item == item.question.id and one.context == "gold_swapped"]
    assert len({one.trace for one in chosen}) > 7
    for one in chosen[::3]:
        messages = chat_messages(item.contexts[one.context], "Llama")
        found = encode_answers(tokenizer, "a", messages, one.text, one.answers, CHAT)
        for continuation, weight in zip(found.continuations, one.log_likelihoods, strict=True):
            ids = torch.tensor([found.prompt + continuation])
            with torch.inference_mode():
                log_p = base(input_ids=ids).logits[0, :-1].log_softmax(-1)
            plain = log_p.gather(1, ids[0, 1:, None])[-len(continuation) :].sum()
            assert weight == pytest.approx(float(plain), abs=1e-4)
        longest = max(map(len, found.continuations)) + SPARE_TOKENS
        prompt = Prompt("a", "", found.prompt)
        end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
        (((_, told),),) = decode_greedily(base, [prompt], {end}, pad, longest, at_once=1)
        assert one.written == (found.opened + tokenizer.decode(told)).partition("</answer>")[0]


def test_cells_are_crossed_and_places_point_to_their_answers(measured, items):
    found = {(one.item, one.context, one.trace): one for one in measured[0]}
    item = items[0]
    for context in ("intact", "gold_removed", "gold_swapped"):
        cell = found[item.question.id, context, "gold"]
        answer = get_dataset("cotempqa").answer_text
        assert cell.answers[cell.truth] == answer(item.contexts[context].answers)
        assert cell.answers[cell.named] == answer(item.question.answers)
        assert cell.answers[cell.foil] == answer(item.foil)
        assert (cell.follows is None) == (context != "gold_swapped")
    assert ("q0", "cued", "empty") in found and ("q0", "intact", "own_50") in found


@pytest.mark.parametrize("keep", [0.3, 0.8])
def test_a_killed_run_resumes_to_the_same_numbers(measured, base, tokenizer, items, bench, keep, tmp_path):
    whole, work = measured
    for name in ("written.jsonl", "measured.jsonl"):
        content = (work / name).read_bytes()
        (tmp_path / name).write_bytes(content[: int(keep * len(content))])
    assert hold(base, tokenizer, items[:2], bench, tmp_path) == whole
    for name in ("written.jsonl", "measured.jsonl"):
        assert sorted((tmp_path / name).read_bytes().split(b"\n")) == sorted(
            (work / name).read_bytes().split(b"\n")
        )


def test_the_script_writes_the_cells_of_a_real_adapter_with_and_without_tags(
    base, tokenizer, model_folder, questions, items, tmp_path
):
    from support.tiny_models import make_job
    from tracekd.adapters.training import train_adapter

    arms = ("correct", "none")
    job = make_job(tokenizer, tmp_path, epochs=0.1)
    train_adapter(base, tokenizer, job)
    write_records(questions, tmp_path / "cotempqa.jsonl")
    inputs = {"questions": str(tmp_path / "cotempqa.jsonl"), "model": str(model_folder), "teacher": []}
    inputs |= {"adapters": [], "generations": []}
    for arm in arms:
        generations = tmp_path / f"generations/{arm}/seed0.jsonl"
        turns = [Generation(one.id, "0" * 64, written(one)["own"], 10, 5, "stop") for one in questions]
        write_records(turns, generations)
        inputs["generations"].append(str(generations))
        inputs["adapters"].append(str(tmp_path / f"adapters/{arm}/seed0/adapter_model.safetensors"))
        shutil.copytree(job.output, tmp_path / f"adapters/{arm}/seed0")
    settings = SETTINGS.changed(items=1, traces=["own", "gold", "wrong_near", "empty"], battery=[])
    params = {
        "experiment": settings.model_dump(),
        "seed": 0,
        "generation": DECODING.model_dump(),
        "quantisation": QUANTISATION.model_dump(),
        "chat": CHAT.model_dump(),
        "persona": "Llama",
        "work": str(tmp_path / "work"),
        "code": "0" * 64,
    }
    outputs = {arm: str(tmp_path / f"experiment/cotempqa/tiny/{arm}/seed0.jsonl") for arm in arms}
    run_script("measure_answers", inputs, outputs, params, tmp_path / "log")
    thinking, bare = (read_measurements(outputs[arm]) for arm in arms)
    contexts = ["intact", "gold_removed", "gold_swapped"]
    # the random model closes no think tag in the swapped context
    assert [(one.context, one.trace) for one in thinking] == [
        (context, trace) for context in contexts for trace in settings.traces
    ]
    assert [(one.context, one.trace, one.text) for one in bare] == [
        (context, "no_trace", None) for context in contexts
    ]
    assert thinking[0].answers == bare[0].answers
    # the same inputs give the same bytes
    before = {arm: Path(path).read_bytes() for arm, path in outputs.items()}
    params["work"] = str(tmp_path / "elsewhere")
    run_script("measure_answers", inputs, outputs, params, tmp_path / "log")
    assert {arm: Path(path).read_bytes() for arm, path in outputs.items()} == before


# --- estimands, tables, figure


def measurement(context, trace, weights, truth=0, named=None, foil=2):
    """Log-likelihoods of gold, renamed, foil and another answer."""
    cell = plant("copies the trace", 0, items=1)[0]["cotempqa", "m", "correct", 0][0]
    return dataclasses.replace(
        cell, context=context, trace=trace, log_likelihoods=weights, truth=truth, named=named, foil=foil
    )


def test_estimands_are_the_differences_that_the_plan_names():
    found = {
        ("intact", "gold"): measurement("intact", "gold", (-1.0, -9.0, -6.0, -8.0), named=0),
        ("intact", "wrong_near"): measurement("intact", "wrong_near", (-5.0, -9.0, -2.0, -8.0), named=2),
        ("intact", "empty"): measurement("intact", "empty", (-3.0, -9.0, -4.0, -8.0)),
        ("gold_swapped", "gold"): measurement("gold_swapped", "gold", (-2.0, -5.0, -7.0, -8.0), 1, 0),
        ("intact", "own"): measurement("intact", "own", (-1.0, -9.0, -6.0, -8.0), named=0),
        ("gold_swapped", "own"): measurement("gold_swapped", "own", (-2.0, -5.0, -7.0, -8.0), 1, 0),
        ("intact", "own_swapped"): measurement("intact", "own_swapped", (-4.0, -6.0, -7.0, -8.0), 0, 1),
        ("gold_swapped", "own_swapped"): measurement(
            "gold_swapped", "own_swapped", (-7.0, -1.0, -7.0, -8.0), 1, 1
        ),
    }
    without = {("intact", "no_trace"): measurement("intact", "no_trace", (-2.0, -9.0, -3.0, -8.0))}
    values = {one.estimand: one.value for one in item_values(found, without)}
    expected = {
        "level:gold@intact": 5.0,  # gold against foil
        "level:gold@gold_swapped": -3.0,  # renamed against gold, which the trace names
        "trace:wrong_near@intact": -3.0 - 5.0,
        "context:gold": 8.0 - 3.0,  # gold against renamed, in both contexts
        "total": 6.0 - -8.0,
        "natural_direct": -3.0 - -8.0,
        "natural_indirect": -2.0 - -8.0,
        "interaction": 14.0 - 5.0 - 6.0,
        "no_trace:wrong_near@intact": -3.0 - 1.0,
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)
    # it is followed: likelier than without a trace
    assert values["avoidance:wrong_near"] < -2 and values["avoidance_no_trace:wrong_near"] < -2
    assert "removal:gold" not in values and "early_area" not in values


def test_early_answering_is_the_area_over_the_curve():
    last, first = (-1.0, -9.0, -6.0, -8.0), (-3.0, -9.0, -2.0, -8.0)
    steps = {"own_0": first, "own_25": first, "own_50": last, "own_75": last, "own": last}
    found = {("intact", trace): measurement("intact", trace, weights) for trace, weights in steps.items()}
    without = {("intact", "no_trace"): measurement("intact", "no_trace", (-2.0, -2.0, -2.0, -2.0))}
    values = {one.estimand: one for one in item_values(found, without)}
    assert values["early_area"].value == pytest.approx(0.375)  # 0, 0, 1, 1, 1 in steps of a quarter
    assert values["early_area_per_accuracy"].per == 1
    assert values["early_area_per_prior"].per == pytest.approx(0.75)


@pytest.fixture(scope="module")
def effects():
    """Two arms that are known, of two seeds, and the arm without traces."""
    runs = {}
    for seed in (0, 1):
        for arm, words in (("correct", "copies the trace"), ("incorrect", "avoids the trace")):
            found, anchors = plant(words, seed)
            runs["cotempqa", "m", arm, seed] = found["cotempqa", "m", "correct", 0]
        runs["cotempqa", "m", "none", seed] = found["cotempqa", "m", "none", 0]
    index = pd.MultiIndex.from_tuples([("cotempqa", one) for one in anchors], names=["dataset", "id"])
    grid = Grid(["cotempqa"], ["m"], ["none", "correct", "incorrect"])
    draws = STATISTICS.changed(bootstrap={"resamples": 400, "seed": 0})
    return effects_table(
        values_frame(runs), pd.Series(anchors.values(), index), grid, SETTINGS.margins, draws, "0" * 64
    )


def test_effects_have_the_columns_that_others_rely_on(effects):
    leading = ["dataset", "model", "arm", "seed", "estimand", "n", "clusters", "estimate", "low", "high"]
    assert list(effects.columns[:10]) == leading
    assert list(effects["seed"].unique()) == ["0", "1", "all"]
    assert set(effects["plan"]) == {"0" * 64}
    row = effects.query("seed == 'all' and arm == 'correct' and estimand == 'trace:wrong_near@intact'").iloc[
        0
    ]
    assert (row["n"], row["clusters"], row["looks_like"]) == (100, 50, "copies the trace")
    # gold +4 and foil -4 become the reverse, but for lapses
    assert row["low"] < row["estimate"] < row["high"] and row["estimate"] == pytest.approx(-7.5, abs=1)
    assert row["mixed"] == pytest.approx(row["estimate"], abs=0.2)
    one = effects.query("seed == '0' and arm == 'correct' and estimand == 'trace:wrong_near@intact'").iloc[0]
    assert pd.isna(one["mixed"]) and one["high"] - one["low"] > row["high"] - row["low"]


def test_seeds_are_averaged_item_by_item(effects):
    at = effects.query("arm == 'incorrect' and estimand == 'context:gold'").set_index("seed")["estimate"]
    assert at["all"] == pytest.approx((at["0"] + at["1"]) / 2)


def test_the_figure_is_legible_and_names_what_it_shows(effects, monkeypatch):
    grid = Grid(["cotempqa"], ["m"], ["none", "correct", "incorrect"])
    figure = plot_experiment(effects, "cotempqa", SETTINGS.traces, grid, note="tiny models")
    words = " ".join(assert_legible(figure, monkeypatch))
    for part in ("SFT on correct traces\ncopies the trace", "avoids the trace", "wrong, near", "tiny models"):
        assert part in words
    plt.close(figure)


def test_what_was_left_out_is_counted_of_questions_or_items():
    found = [
        LeftOut("a", "item", "no wrong entity"),
        LeftOut("b", "item", "no wrong entity"),
        LeftOut("c", "trace", "gold_reordered"),
    ]
    table = left_out_table({"babi": found}, {"babi": (88, 30)}, "0" * 64)
    assert table[["part", "left_out", "of"]].to_numpy().tolist() == [["item", 2, 88], ["trace", 1, 30]]


def test_a_dataset_without_a_fit_question_has_empty_tables_and_a_figure_that_says_so(monkeypatch):
    bench = set_up([make_question("babi", split="test", answers=("yes",))], 0, {})
    assert design_items(bench, SETTINGS) == ([], [("babi-1", "item", "answer is no entity of its facts")])
    grid = Grid(["babi"], ["m"], ["correct"])
    anchors = pd.Series([], pd.MultiIndex.from_tuples([], names=["dataset", "id"]), dtype=object)
    runs = {("babi", "m", "correct", 0): []}
    table = effects_table(values_frame(runs), anchors, grid, SETTINGS.margins, STATISTICS, "0" * 64)
    assert len(table) == len(items_table(runs, anchors, grid, "0" * 64)) == len(show_effects(table)) == 0
    figure = plot_experiment(table, "babi", SETTINGS.traces, grid)
    assert "no data" in assert_legible(figure, monkeypatch)
    plt.close(figure)
