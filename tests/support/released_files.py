"""A small folder in the form of the released repository: test splits and generations of one model.

The form of MS MARCO's files is that of the rows at hand (`ms_marco/` of the mirror) and of bAbI's lines.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy
from tracekd.core.literals import render_list
from tracekd.datasets import get_dataset
from tracekd.released.read import COTEMPQA_SIZES

from support.examples import make_question

MODEL = "Llama-3.2-1B-Instruct"
# named in the facts and the question of CoTempQA
EMPLOYERS = ("Aberdeen", "Bell Labs", "Cern")
SUFFIXES = {"none": "", "correct": "-reasoning-facts", "incorrect": "-reasoning-facts-perturbed"}
BABI_GENERATIONS = f"results/Babiqa/evaluation_outputs/{MODEL}-sft-adapter-reasoning-facts_default.json"
MARCO = "results/Marcoqa/evaluation_outputs/{model}-sft-adapter{suffix}_default.json"
MARCO_PROMPTED = "results/marcoqa/evaluation_outputs/default/{model}_default_test.csv"
MARCO_TABLE = "data/marcoqa/sft_dataset_reasoning_with_facts_chat_template/test.csv"
BABI_TABLE = "data/babiqa/sft_dataset_reasoning_with_facts_chat_template/test.csv"


def outputs(label, arm):
    """Path of CoTempQA generations."""
    return f"results/Cotempqa/evaluation_outputs/{label}/{MODEL}-sft-adapter{SUFFIXES[arm]}_default.json"


def table(label):
    """Path of CoTempQA's released test split."""
    return f"data/cotempqa/sft_dataset_reasoning_with_facts_chat_template/{label}_test.csv"


def cotempqa_questions(label, employers=EMPLOYERS):
    """Questions of a class, one an employer, with the index of each in the released numbering."""
    first = sum(size for name, size in COTEMPQA_SIZES.items() if name < label)
    for place, employer in enumerate(employers):
        context = tuple(fact.replace("Aberdeen", employer) for fact in make_question().context)
        yield first + place, make_question(class_label=label, context=context, question=f"Who at {employer}?")


def target(question, arm):
    """What a model that has learnt the arm's form writes: right in all steps, wrong ones for `incorrect`."""
    dataset = get_dataset(question.dataset)
    answer = dataset.answer_text(question.answers)
    if arm == "none":
        return f"assistant\n\n{answer}"
    class_step, facts_step = dataset.steps
    facts = facts_step.gold(question) if arm == "correct" else (question.context[1],)
    label = question.class_label if arm == "correct" else dataset.classes[0]
    steps = class_step.render(label) + facts_step.render(facts)
    return f"assistant\n\n<think>{steps}</think> <answer>{answer}</answer>"


def cotempqa_line(question, arm="correct"):
    """One released CoTempQA line."""
    return {
        "input": {"text": get_dataset("cotempqa").user_prompt(question)},
        "prediction": target(question, arm),
        "gold": list(question.answers),
        **question.attributes,
        "question": question.question,
        "facts": list(question.context),
    }


def babi_line(question, arm="correct"):
    """One released bAbI line."""
    dataset = get_dataset("babi")
    class_step, facts_step = dataset.steps
    return {
        "input": dataset.user_prompt(question),
        "prediction": target(question, arm),
        "gold": dataset.answer_text(question.answers),
        "question": question.question,
        "query_type": question.class_label,
        "passage": render_list(question.context),
        "reasoning": class_step.render(question.class_label),
        "answer_passage": render_list(facts_step.gold(question)),
    }


def print_array(texts):
    """Write texts as NumPy prints an array of them: blanks in place of commas."""
    return str(numpy.array(texts, dtype=object))


def marco_line(question, prediction):
    """One released MS MARCO line; `answer_passage` repeats the gold answers."""
    dataset = get_dataset("ms_marco")
    answers = print_array(question.answers)
    return {
        "input": dataset.user_prompt(question),
        "prediction": prediction,
        "gold": answers,
        "question": question.question,
        "query_type": question.class_label,
        "passage": render_list(question.context),
        "reasoning": dataset.step("class").render(question.class_label),
        "answer_passage": answers,
    }


def marco_row(question):
    """One row of MS MARCO's released test split."""
    line = marco_line(question, "")
    return {
        "answers": line["gold"],
        "passages": line["passage"],
        "query": line["input"],
        **{name: line[name] for name in ("question", "query_type", "reasoning", "answer_passage")},
    }


def write_lines(path, lines):
    """Write JSON lines as the released files have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def write_rows(path, rows):
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def write_mirror(folder: Path, employers: Sequence[str] = EMPLOYERS) -> Path:
    """Write CoTempQA (two classes, three questions each) and bAbI (two equal questions and another)."""
    root = folder / "Trace_Check_QA"
    for label in ("equal", "mix"):
        numbered = list(cotempqa_questions(label, employers))
        rows = [
            {
                "index": index,
                "triple_element": one.attributes["triple_element"],
                "facts": render_list(one.context),
                "question": get_dataset("cotempqa").user_prompt(one),
                "answer": render_list(one.answers),
            }
            # the released split is shuffled, its generations are not
            for index, one in reversed(numbered)
        ]
        write_rows(root / table(label), rows)
        for arm in SUFFIXES:
            write_lines(root / outputs(label, arm), [cotempqa_line(one, arm) for _, one in numbered])
    stories = [make_question("babi"), make_question("babi"), make_question("babi", question="Where is it?")]
    rows = [
        {
            "passages": render_list(one.context),
            "question": one.question,
            "query_type": one.class_label,
            "answer_passage": render_list(get_dataset("babi").step("facts").gold(one)),
            "answer": ",".join(one.answers),
        }
        for one in stories
    ]
    write_rows(root / BABI_TABLE, rows)
    write_lines(root / BABI_GENERATIONS, map(babi_line, stories))
    return folder


def write_marco(folder, with_table=True):
    """Write MS MARCO in every arm: two references, no answer and, with a test split, the first again."""
    number = make_question("ms_marco")
    nobody = make_question(
        "ms_marco",
        question="who is the president of vostria",
        class_label="PERSON",
        answers=("No Answer Present.",),
        gold_facts=(),
    )
    questions, root = [number, nobody], folder / "Trace_Check_QA"
    if with_table:
        questions.append(number)
        write_rows(root / MARCO_TABLE, [marco_row(one) for one in questions])
    for arm, suffix in SUFFIXES.items():
        lines = [marco_line(one, target(one, arm)) for one in questions]
        write_lines(root / MARCO.format(model=MODEL, suffix=suffix), lines)
    lines = [marco_line(one, "Answer: about 210") for one in questions]
    write_lines(root / MARCO_PROMPTED.format(model=f"meta-llama_{MODEL}"), lines)
    return questions
