"""What the tiny base models read: copies, reading exercises, and a repeat-after-me in chat form.

Copying teaches the attention pattern that everything else needs. Exercises put questions to a context and
ask for the evidence, the answer or the class alone, never for a whole trace: the decomposed trace in a chat
is left to fine-tuning. The loss counts only what a model can know (supervised segments).
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from transformers import PreTrainedTokenizerFast

from tracekd.core.errors import ModelError
from tracekd.core.records import Question
from tracekd.datasets import get_dataset
from tracekd.datasets.simulation import Scene
from tracekd.models.tokenizer import ANSWER_ONLY, END, PERSONAS, QUESTION, REPEAT
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN, render_target, system_message

IGNORED = -100  # label of a token that the loss leaves out
POOL_BATCHES = 8  # batches are cut from a pool sorted by length, to save padding


class Segment(NamedTuple):
    """A piece of a document; `ids` holds tokens where there is no text."""

    text: str
    supervised: bool
    ids: tuple[int, ...] = ()


class Exercise(NamedTuple):
    """What is asked for after a question: the mark that asks, and the text that must follow."""

    mark: str
    reply: str


Document = list[Segment]
Row = tuple[list[int], list[int]]  # token ids, labels
Ask = Callable[[Question], Exercise]


def evidence(question: Question) -> Exercise:
    """Ask for the last step, which carries the answer, and then for the answer."""
    step = get_dataset(question.dataset).steps[-1]
    return Exercise(f"\n{step.opening}", step.write(step.gold(question)) + _tagged_answer(question))


def direct_answer(question: Question) -> Exercise:
    """Ask for the answer."""
    return Exercise(f"\n{ANSWER_OPEN}", _tagged_answer(question).removeprefix(ANSWER_OPEN))


def earlier_step(question: Question, place: int) -> Exercise:
    """Ask for a step before the last one."""
    step = get_dataset(question.dataset).steps[place]
    return Exercise(f"\n{step.opening}", step.write(step.gold(question)))


# shares of the exercises; the steps before the last one have the rest in equal parts
EVIDENCE_SHARE, ANSWER_SHARE = 0.6, 0.25


def exercises(dataset: str) -> dict[Ask, float]:
    """Give the exercises on a dataset and their shares."""
    places = range(len(get_dataset(dataset).steps) - 1)
    rest = round(1 - EVIDENCE_SHARE - ANSWER_SHARE, 12) / max(1, len(places))
    earlier: dict[Ask, float] = {partial(earlier_step, place=place): rest for place in places}
    return {evidence: EVIDENCE_SHARE, direct_answer: ANSWER_SHARE, **earlier}


def reading_document(scene: Scene, n_questions: int, rng: random.Random) -> Document:
    """Print a context and exercises on its questions."""
    questions = list(scene.questions[:n_questions])
    rng.shuffle(questions)
    known = exercises(questions[0].dataset)
    drawn = rng.choices(list(known), list(known.values()), k=len(questions))
    document = [Segment(context_text(questions[0]), False)]
    for question, exercise in zip(questions, drawn, strict=True):
        document += _ask(question, exercise(question))
    return [*document, Segment(END, True)]


def context_text(question: Question) -> str:
    """Print the instruction and the context as the dataset's prompt prints them."""
    return get_dataset(question.dataset).user_prompt(question).rpartition(QUESTION)[0]


def repeat_document(question: Question, tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> Document:
    """Chat: the user gives what each step shall state, the assistant puts it into the form of a trace."""
    dataset = get_dataset(question.dataset)
    values = {
        step.name: step.practice(question, rng) if step.practice else step.gold(question)
        for step in reversed(dataset.steps)
    }
    answer = dataset.answer_text(question.answers)
    if rng.random() < 0.3:
        request, reply = answer, answer
    else:
        trace = "".join(step.render(values[step.name]) for step in dataset.steps)
        request = " ".join(step.write(values[step.name]).removesuffix(".\n") for step in dataset.steps)
        reply = render_target(trace, answer)
    messages = [
        {"role": "system", "content": system_message(rng.choice(PERSONAS))},
        {"role": "user", "content": f"{REPEAT}{request}{ANSWER_ONLY}"},
    ]
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return [Segment(str(prompt), False), Segment(reply + END, True)]


def copy_document(words: Sequence[int], separator: int, end: int, rng: random.Random) -> Document:
    """Random tokens, and the same tokens twice again."""
    line = (*rng.sample(words, rng.randint(5, 11)), separator)
    return [Segment("", False, line), Segment("", True, (*line, *line[:-1], end))]


def look_up_document(
    words: Sequence[int], separator: int, ask: int, end: int, rng: random.Random
) -> Document:
    """Random sentences of random tokens; then one token of a sentence asks for the whole of it."""
    lengths = [rng.randint(3, 6) for _ in range(rng.randint(2, 5))]
    drawn = iter(rng.sample(words, sum(lengths)))
    sentences = [[next(drawn) for _ in range(length)] for length in lengths]
    document = [Segment("", False, tuple(token for one in sentences for token in (*one, separator)))]
    for sentence in rng.sample(sentences, min(4, len(sentences))):
        document.append(Segment("", False, (ask, rng.choice(sentence[:-1]), ask)))
        document.append(Segment("", True, (*sentence, separator)))
    return [*document, Segment("", True, (end,))]


def shorten(scene: Scene, n_facts: int, rng: random.Random) -> Scene:
    """Leave out facts that do not bear on the first question, and the questions that need them."""
    gold = set(scene.questions[0].gold_facts)
    others = [index for index in range(len(scene.context)) if index not in gold]
    kept = sorted(gold | set(rng.sample(others, min(len(others), max(0, n_facts - len(gold))))))
    context = tuple(scene.context[index] for index in kept)
    return Scene(
        tuple(
            replace(question, context=context, gold_facts=tuple(map(kept.index, question.gold_facts)))
            for question in scene.questions
            if set(question.gold_facts) <= set(kept)
        )
    )


def encode(tokenizer: PreTrainedTokenizerFast, documents: Sequence[Document]) -> list[Row]:
    """Turn documents into token ids and labels."""
    texts = [segment.text for document in documents for segment in document if not segment.ids]
    encoded = iter(tokenizer(texts, add_special_tokens=False, padding=False)["input_ids"] if texts else ())
    rows = []
    for document in documents:
        ids: list[int] = []
        labels: list[int] = []
        for segment in document:
            tokens = list(segment.ids) or next(encoded)
            ids += tokens
            labels += tokens if segment.supervised else [IGNORED] * len(tokens)
        rows.append((ids, labels))
    return rows


def collate(rows: Sequence[Row], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad rows on the right: ids and labels of shape (batch, longest)."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [pad] * (longest - len(ids)) for ids, _ in rows])
    labels = torch.tensor([labels + [IGNORED] * (longest - len(labels)) for _, labels in rows])
    return ids, labels


def batches(
    draw: Callable[[], Document],
    tokenizer: PreTrainedTokenizerFast,
    batch_size: int,
    max_tokens: int,
    rng: random.Random,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Draw batches of documents of similar length without end, leaving out those above `max_tokens`.

    Raises ModelError when a whole pool is too long.
    """
    while True:
        rows = encode(tokenizer, [draw() for _ in range(batch_size * POOL_BATCHES)])
        rows = sorted((row for row in rows if len(row[0]) <= max_tokens), key=lambda row: len(row[0]))
        if not rows:
            raise ModelError(
                f"every document is longer than {max_tokens} tokens",
                where="base model",
                hint="raise max_tokens",
            )
        cut = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
        rng.shuffle(cut)
        for batch in cut:
            yield collate(batch, tokenizer.pad_token_id)


def probe_rows(tokenizer: PreTrainedTokenizerFast, questions: Sequence[Question], exercise: Ask) -> list[Row]:
    """Encode one exercise per question, as in `reading_document`."""
    return encode(
        tokenizer,
        [
            [Segment(context_text(question), False), *_ask(question, exercise(question))]
            for question in questions
        ],
    )


def _ask(question: Question, exercise: Exercise) -> Document:
    """Print a question and its exercise."""
    asked = f"{QUESTION}{question.question}{exercise.mark}"
    return [Segment(asked, False), Segment(exercise.reply, True)]


def _tagged_answer(question: Question) -> str:
    """Write the answer between its tags."""
    answer = get_dataset(question.dataset).answer_text(question.answers)
    return f"{ANSWER_OPEN}{answer}{ANSWER_CLOSE}"
