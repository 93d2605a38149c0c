"""Traces that are set from outside: what they say, what follows from them, and whether the tables tell."""

import itertools
import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from support.examples import NAMES, make_question
from support.figures import assert_legible
from support.own_datasets import add_own_datasets, kept_registries, make_own
from support.run_data import run_script
from support.tiny_models import CHAT, QUANTISATION
from tracekd.adapters.chat import encode_example, prefilled_prompt
from tracekd.adapters.generation import generate_all
from tracekd.core.errors import DataError, ModelError
from tracekd.core.records import (
    Generation,
    read_interventions,
    validator,
    write_records,
)
from tracekd.datasets import get_dataset
from tracekd.datasets.rows import Grid
from tracekd.figures.interventions import plot_interventions
from tracekd.figures.style import PAGE_HEIGHT
from tracekd.interventions.outcomes import read_outcome
from tracekd.interventions.prefills import (
    CONDITIONS,
    Prefill,
    build_prefills,
    condition_title,
    join,
)
from tracekd.scoring.outputs import parse_as_asked
from tracekd.settings.config import Generation as Decoding
from tracekd.traces.build import build_trace
from tracekd.traces.prompts import chat_messages

# the planted models write by a function of their own, as a model's own settings have the library do
DECODING = Decoding(batch_size=16, max_new_tokens=24, sampling="as_published")


def make_questions(count=24):
    """Questions of one class whose four facts name four persons, the first of which is the answer."""
    questions = []
    for number in range(count):
        persons = [NAMES[(number + step) % len(NAMES)] for step in range(4)]
        years = ((1916, 1919), (1964, 1980), (1930, 1931), (1943, 1945))
        context = tuple(
            f"{person} works for Works {number} from {start} to {end}."
            for person, (start, end) in zip(persons, years, strict=True)
        )
        changes = {"id": f"q{number:02d}", "split": "test", "context": context, "gold_facts": (0,)}
        questions.append(make_question(**changes, answers=(persons[0],)))
    return questions


def make_generation(item, text):
    return Generation(item, "0" * 64, text, 10, 5, "stop")


def own_generations(questions):
    """Every model thinks the gold trace by itself, but the first closes no tag."""
    texts = {question.id: build_trace(question, "correct", 0).target for question in questions}
    texts[questions[0].id] = "<think>The temporal"
    return [make_generation(item, text) for item, text in texts.items()]


@pytest.fixture(scope="module")
def questions():
    return make_questions()


@pytest.fixture(scope="module")
def prefills(questions):
    return build_prefills(questions, own_generations(questions), list(CONDITIONS), 0)


def trace_of(prefills, item, condition):
    return next(one.trace for one in prefills if (one.item, one.condition) == (item, condition))


def test_every_condition_says_what_its_name_says(questions, prefills):
    for question in questions[1:]:
        dataset = get_dataset(question.dataset)
        parsed = {
            name: parse_as_asked(question, f"<think>{trace_of(prefills, question.id, name)}</think>").stated
            for name in CONDITIONS
        }
        gold = frozenset(dataset.step("facts").gold(question))
        label = question.class_label
        assert trace_of(prefills, question.id, "own") == trace_of(prefills, question.id, "gold")
        assert parsed["gold"] == {"class": label, "facts": gold}
        assert parsed["wrong_class"]["facts"] == parsed["gold"]["facts"]
        assert parsed["wrong_facts"]["class"] == label
        assert not parsed["wrong_facts"]["facts"] & gold
        assert parsed["wrong_both"]["class"] == parsed["wrong_class"]["class"] != label
        assert parsed["wrong_both"]["facts"] == parsed["wrong_facts"]["facts"]
        assert parsed["foreign"]["class"] == label
        assert not parsed["foreign"]["facts"] & frozenset(question.context)
        assert trace_of(prefills, question.id, "empty") == ""
        filler = trace_of(prefills, question.id, "filler")
        assert len(filler.split()) == len(trace_of(prefills, question.id, "gold").split())
        assert parsed["filler"]["facts"] is None


def test_an_own_trace_keeps_the_line_break_that_ends_its_last_step():
    with kept_registries():
        add_own_datasets()
        questions = [make_own("sums", number) for number in range(3)]
        told = build_prefills(questions, own_generations(questions), ["own", "gold"], 0)
        for question in questions[1:]:
            own = trace_of(told, question.id, "own")
            assert own == trace_of(told, question.id, "gold")
            assert own.endswith("\n")


def test_an_item_without_an_own_trace_is_left_out_of_that_condition_only(questions, prefills):
    conditions = [one.condition for one in prefills if one.item == questions[0].id]
    assert conditions == [name for name in CONDITIONS if name != "own"]


def test_a_question_without_a_generation_is_named(questions):
    with pytest.raises(DataError, match="q01: the question has no generation"):
        build_prefills(questions[:2], own_generations(questions[:1]), ["gold"], 0)


def test_a_class_of_one_question_has_no_foreign_trace(question):
    pool = [question]
    prefills = build_prefills(pool, [make_generation(question.id, "x")], ["gold", "foreign", "filler"], 0)
    assert [one.condition for one in prefills] == ["gold", "filler"]


def test_traces_depend_on_nothing_but_seed_and_item(questions, prefills):
    again = build_prefills(questions, own_generations(questions)[::-1], list(CONDITIONS), 0)
    assert again == prefills
    other = build_prefills(questions, own_generations(questions), list(CONDITIONS), 1)
    assert other != prefills


def test_names_of_conditions_are_one_list():
    assert len(set(map(condition_title, CONDITIONS))) == len(CONDITIONS)
    record = {"id": "a/own", "item": "a", "trace": "", "prompt_sha256": "0" * 64, "text": ""}
    record |= {"n_prompt_tokens": 1, "n_new_tokens": 0, "finish_reason": "stop"}
    for condition in CONDITIONS:
        validator("intervention")(record | {"condition": condition})


def test_facts_of_other_datasets_imply_no_answer():
    for name, answer in (("babi", "hallway"), ("ms_marco", "210")):
        asked = make_question(name)
        prefills = build_prefills([asked], [make_generation(asked.id, "x")], ["gold"], 0)
        outcome = read_outcome(asked, answered(prefills[0], f" <answer>{answer}</answer>"), "correct")
        assert (outcome.true, outcome.implied, outcome.implied_true, outcome.follows) == (
            True,
            None,
            None,
            None,
        )


@pytest.mark.parametrize(
    ("trace", "answer", "implied", "follows"),
    [
        ("David Widder came first. So it was Irving Segal.", "['Irving Segal']", {"irving segal"}, True),
        ("So it was Irving Segal.", "It was Irving Segal, I think.", {"irving segal"}, True),
        ("So it was Irving Segal.", "['David Widder', 'Norbert Wiener']", {"irving segal"}, False),
        ("I do not know.", "['Irving Segal']", None, None),
    ],
)
def test_a_trace_in_free_words_implies_what_it_concludes(trace, answer, implied, follows):
    prefill = Prefill("cotempqa-1", "own", trace)
    outcome = read_outcome(make_question(), answered(prefill, f" <answer>{answer}</answer>"), "r1")
    assert (outcome.implied, outcome.follows) == (implied and frozenset(implied), follows)


def answered(prefill, text):
    prompt = SimpleNamespace(text="…</think>")
    return join([prefill], [prompt], [make_generation(prefill.id, text)])[0]


# --- the prompt


def test_the_prompt_is_a_prefix_of_what_is_trained_on(tokenizer, question):
    trace = build_trace(question, "correct", 0)
    prompt = prefilled_prompt(tokenizer, "a", chat_messages(question, "Llama"), trace.text, CHAT)
    trained = encode_example(tokenizer, ("a", chat_messages(question, "Llama", trace.target)), "all", CHAT)
    assert tuple(trained["input_ids"][: len(prompt.input_ids)]) == prompt.input_ids
    assert prompt.text.endswith(f"{trace.text}</think>")


def test_a_token_that_reaches_beyond_the_trace_is_part_of_the_prompt(question):
    from tracekd.models.tokenizer import build_tokenizer

    words = build_tokenizer(["a b c"], 10, [question.dataset])
    trace = build_trace(question, "correct", 0)
    prompt = prefilled_prompt(words, "a", chat_messages(question, "Llama"), trace.text, CHAT)
    trained = encode_example(words, ("a", chat_messages(question, "Llama", trace.target)), "all", CHAT)
    assert tuple(trained["input_ids"][: len(prompt.input_ids)]) == prompt.input_ids
    assert prompt.text.endswith("</think> <answer>")


def test_a_template_that_drops_the_trace_is_refused(tokenizer, question, monkeypatch):
    template = tokenizer.chat_template.replace(
        "message.content }}", "message.content.split('</think>')[-1] }}"
    )
    monkeypatch.setattr(tokenizer, "chat_template", template)
    with pytest.raises(ModelError, match="tiny: a: the chat template leaves the assistant turn out"):
        prefilled_prompt(tokenizer, "a", chat_messages(question, "Llama"), "some trace", CHAT)


# --- planted models


class Planted:
    """Stands in for a model: answers by a function of what stands in the prompt, token by token."""

    def __init__(self, tokenizer, base, answer):
        self.tokenizer, self.answer = tokenizer, answer
        self.device, self.generation_config = base.device, base.generation_config
        self.batches = 0

    def generate(self, input_ids, attention_mask, generation_config):
        import torch

        self.batches += 1
        rows = [
            self.tokenizer(f" <answer>{self.answer(text)}</answer>", add_special_tokens=False)["input_ids"]
            for text in self.tokenizer.batch_decode(input_ids)
        ]
        end, width = self.tokenizer.eos_token_id, max(map(len, rows)) + 1
        rows = [row + [end] * (width - len(row)) for row in rows]
        return torch.cat([input_ids, torch.tensor(rows)], dim=1)


def copying(questions):
    """Answer whatever person the trace names."""

    def answer(text):
        trace = text.rpartition("<think>")[2]
        return json.dumps(sorted({name for name in NAMES if name in trace}))

    return answer


def ignoring(questions):
    """Answer the truth, whatever the trace names."""
    truths = {question.context[0]: question.answers[0] for question in questions}

    def answer(text):
        asked = text.rpartition("<think>")[0]
        return json.dumps([next(truth for fact, truth in truths.items() if fact in asked)])

    return answer


def intervene(tokenizer, model, questions, prefills, folder):
    """Run the functions of the script on a planted model."""
    messages = {question.id: chat_messages(question, "Llama") for question in questions}
    prompts = [prefilled_prompt(tokenizer, one.id, messages[one.item], one.trace, CHAT) for one in prefills]
    answers = generate_all(model, tokenizer, prompts, DECODING, 0, {}, folder / "part.jsonl", "planted")
    path = folder / "interventions/cotempqa/tiny/correct/seed0.jsonl"
    write_records(join(prefills, prompts, answers), path)
    return path


def tabulate(folder, questions, path):
    """Run the script of the tables, and read them."""
    write_records(questions, folder / "cotempqa.jsonl")
    outputs = {
        f"{name}_{kind}": str(folder / f"{name}.{kind}")
        for name in ("interventions", "pairs")
        for kind in ("csv", "md")
    }
    inputs = {"questions": [str(folder / "cotempqa.jsonl")], "interventions": [str(path)]}
    params = {"datasets": ["cotempqa"], "models": ["tiny"], "arms": ["correct"]}
    run_script("tabulate_interventions", inputs, outputs, params, folder / "log")
    table, pairs = (pd.read_csv(outputs[f"{name}_csv"]) for name in ("interventions", "pairs"))
    return table.set_index("condition"), pairs


NAMING = ["wrong_facts", "wrong_both", "foreign"]


@pytest.fixture(scope="module", params=["copying", "ignoring"])
def planted(request, tokenizer, base, questions, prefills, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    model = Planted(tokenizer, base, {"copying": copying, "ignoring": ignoring}[request.param](questions))
    path = intervene(tokenizer, model, questions, prefills, folder)
    return request.param, *tabulate(folder, questions, path), read_interventions(path)


def test_planted_models_are_told_apart(planted):
    name, table, _, _ = planted
    told = table.loc[NAMING]
    assert (told["tellable"] > 0.7 * told["n"]).all()
    if name == "copying":
        assert (told["follows_share"] >= 0.99).all()
        assert (told.loc[["wrong_facts", "wrong_both"], "true_share"] <= 0.01).all()
    else:
        assert (told["follows_share"] <= 0.01).all()
        assert (table["true_share"] >= 0.99).all()


def test_a_trace_that_implies_the_truth_cannot_tell(planted):
    _, table, _, _ = planted
    for condition in ("own", "gold", "wrong_class"):
        row = table.loc[condition]
        assert row["tellable"] == 0 and row["implied_true"] == row["implied_n"] == row["n"]
        assert pd.isna(row["follows_share"]) and row["true_share"] == 1
    for condition in ("empty", "filler"):
        assert table.loc[condition, ["implied_n", "tellable"]].tolist() == [0, 0]
    assert table["n"].tolist() == [23] + 7 * [24]


def test_conditions_without_a_reference_have_no_pairs(tokenizer, base, questions, prefills, tmp_path):
    chosen = [one for one in prefills if one.condition == "wrong_facts"]
    path = intervene(tokenizer, Planted(tokenizer, base, ignoring(questions)), questions, chosen, tmp_path)
    table, pairs = tabulate(tmp_path, questions, path)
    assert list(table.index) == ["wrong_facts"] and pairs.empty
    assert "McNemar p" in (tmp_path / "pairs.md").read_text("utf-8")


def test_pairs_hold_the_effect_of_the_trace_on_the_same_items(planted):
    name, _, pairs, _ = planted
    row = pairs.query("outcome == 'implied' and reference == 'gold' and condition == 'wrong_facts'").iloc[0]
    assert row["n"] == 24
    assert row["difference"] == (1 if name == "copying" else 0)
    assert (row["mcnemar_p"] < 1e-6) == (name == "copying")
    inside = pairs["difference"].between(pairs["difference_low"], pairs["difference_high"])
    assert inside.all()
    assert set(pairs["reference"]) == {"own", "gold"}


def test_a_killed_run_resumes_to_the_same_bytes(tokenizer, base, questions, prefills, tmp_path):
    model = Planted(tokenizer, base, copying(questions))
    whole = intervene(tokenizer, model, questions, prefills, tmp_path).read_bytes()
    batches, part = model.batches, tmp_path / "part.jsonl"
    content = part.read_bytes()
    for keep in (0.3, 0.8):
        part.write_bytes(content[: int(keep * len(content))])
        model.batches = 0
        assert intervene(tokenizer, model, questions, prefills, tmp_path).read_bytes() == whole
        assert 0 < model.batches < batches


# --- the script


def test_the_script_writes_every_condition_of_a_real_adapter(
    base, tokenizer, model_folder, questions, tmp_path
):
    from support.tiny_models import make_job
    from tracekd.adapters.training import train_adapter

    cell = "cotempqa/tiny/correct/seed0"
    job = make_job(tokenizer, tmp_path, epochs=0.1)
    train_adapter(base, tokenizer, job)
    adapter = tmp_path / "adapters" / cell
    adapter.parent.mkdir(parents=True)
    job.output.rename(adapter)
    few = questions[:3]
    write_records(few, tmp_path / "cotempqa.jsonl")
    write_records(own_generations(few), tmp_path / "generations" / f"{cell}.jsonl")
    inputs = {
        "questions": str(tmp_path / "cotempqa.jsonl"),
        "model": str(model_folder),
        "adapters": [str(adapter / "adapter_model.safetensors")],
        "generations": [str(tmp_path / "generations" / f"{cell}.jsonl")],
    }
    params = {
        "conditions": list(CONDITIONS),
        "seed": 0,
        "generation": DECODING.changed(max_new_tokens=4, sampling="greedy").model_dump(),
        "quantisation": QUANTISATION.model_dump(),
        "chat": CHAT.model_dump(),
        "persona": "Llama",
        "work": str(tmp_path / "work"),
        "code": "0" * 64,
    }
    output = tmp_path / "interventions" / f"{cell}.jsonl"
    run_script("intervene", inputs, {"interventions": str(output)}, params, tmp_path / "log")
    records = read_interventions(output)
    assert [record.id for record in records][:2] == ["q00/gold", "q00/wrong_class"]
    assert len(records) == 3 * len(CONDITIONS) - 1


# --- the figure


def made_up_table(datasets, models, arms):
    """Counts of two seeds; only the first dataset's traces imply answers."""
    rows = [
        {
            **dict(zip(("dataset", "model", "arm", "seed", "condition"), key, strict=True)),
            "n": 950,
            "tellable": 900 * (key[0] == "cotempqa" and key[4] in NAMING),
            "true": 100 * place % 950,
            "follows": 300 * (key[0] == "cotempqa" and key[4] in NAMING),
        }
        for place, key in enumerate(itertools.product(datasets, models, arms, (0, 1), CONDITIONS))
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("dataset", ["cotempqa", "babi"])
@pytest.mark.parametrize(("n_models", "n_arms"), [(4, 3), (2, 2), (1, 8), (1, 1)])
def test_the_figure_is_legible_and_names_what_it_shows(dataset, n_models, n_arms, monkeypatch):
    models = ["Llama-3.2-1B-Instruct", "Qwen3-1.7B", "Llama-3.1-8B-Instruct", "Qwen3-8B"][:n_models]
    arms = ["correct", "incorrect", "incorrect_matched", "wrong_class", "wrong_facts", "mixed_0", "mixed_50"]
    arms = [*arms, "mixed_100"][:n_arms]
    table = made_up_table(["cotempqa", "babi"], models, arms)
    grid = Grid([dataset], models, arms)
    figure = plot_interventions(table, dataset, list(CONDITIONS), grid, note="tiny models")
    words = assert_legible(figure, monkeypatch)
    assert figure.get_figheight() <= PAGE_HEIGHT
    assert {"own trace", "filler", "tiny models", {"cotempqa": "CoTempQA", "babi": "bAbI"}[dataset]} <= set(
        words
    )
    # a column of numbers stands there only where there is one to tell
    assert "–" not in words
    assert ("1,800" in words) == (dataset == "cotempqa")
    assert ("facts of this dataset imply no answer by themselves" in words) == (dataset == "babi")
    plt.close(figure)


def test_a_dataset_without_rows_has_no_figure():
    table = made_up_table(["babi"], ["m"], ["correct"])
    with pytest.raises(DataError, match="no interventions on 'cotempqa'"):
        plot_interventions(table, "cotempqa", list(CONDITIONS), Grid(["cotempqa"], ["m"], ["correct"]))
