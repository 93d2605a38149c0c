"""What the adapters of the experiment are asked, token by token, and what comes back."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracekd.adapters.chat import Prompt, chat_prompt, encode_answers, opened_prompt
from tracekd.adapters.generation import generate_all
from tracekd.adapters.measuring import Asked, join_traces, measure_all
from tracekd.core.errors import DataError
from tracekd.core.records import Generation
from tracekd.datasets import get_dataset
from tracekd.experiment.contexts import CUED, SWAPPED
from tracekd.experiment.design import (
    Bench,
    Cell,
    Entities,
    Item,
    find_answers,
    set_nothing,
    set_traces,
    written_traces,
)
from tracekd.experiment.measurements import Measurement, join
from tracekd.experiment.traces import OWN, OWN_CUED, OWN_MISTAKEN, OWN_SWAPPED, mistaken_beginning
from tracekd.settings.config import Chat
from tracekd.settings.config import Generation as Decoding
from tracekd.traces.prompts import THINK_OPEN, chat_messages

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# context in which the model writes a trace that is set in others, too
_WHERE = {OWN_SWAPPED: SWAPPED, OWN_CUED: CUED}
Batch = tuple[Item, list[Cell], tuple[Entities, ...], Asked]


class Interview:
    """One tokenizer and one way to ask, for all adapters of a base.

    Args:
        tokenizer: with a chat template.
        persona: name of the assistant, None for no system turn.
        chat: how conversations are rendered.

    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", persona: str | None, chat: Chat):
        self.tokenizer, self.persona, self.chat = tokenizer, persona, chat

    def ask_to_write(self, items: Sequence[Item], seed: int) -> list[Prompt]:
        """Ask for the traces that the model is to write beside its own; ids are `{item}/{trace}`."""
        return [
            prompt
            for item in items
            for name in written_traces(item.asked)
            for prompt in self._ask_to_write(item, name, seed)
        ]

    def _ask_to_write(self, item: Item, name: str, seed: int) -> Iterator[Prompt]:
        key = f"{item.question.id}/{name}"
        if name == OWN_MISTAKEN:
            messages = chat_messages(item.question, self.persona)
            begun = mistaken_beginning(item.question, seed)
            yield opened_prompt(self.tokenizer, key, messages, begun, self.chat)
        elif (context := item.contexts.get(_WHERE[name])) is not None:
            yield chat_prompt(self.tokenizer, key, chat_messages(context, self.persona), self.chat)

    def ask(self, item: Item, cells: Sequence[Cell]) -> Iterator[Batch]:
        """Ask for the answers of an item, one prompt per context with all its traces."""
        answers = find_answers(item, cells)
        texts = [get_dataset(item.question.dataset).answer_text(answer) for answer in answers]
        for context, question in item.contexts.items():
            here = [cell for cell in cells if cell.context == context]
            if not here:
                continue
            messages = chat_messages(question, self.persona)
            encoded = [
                encode_answers(
                    self.tokenizer,
                    item.question.id,
                    messages,
                    cell.text,
                    texts if number == 0 else texts[:2],
                    self.chat,
                )
                for number, cell in enumerate(here)
            ]
            yield item, here, answers, join_traces(f"{item.question.id}/{context}", encoded)

    def hold(
        self,
        model: "PreTrainedModel | PeftModel",
        items: Sequence[Item],
        bench: Bench,
        own: Mapping[str, str] | None,
        decoding: Decoding,
        seed: int,
        identity: Mapping[str, Any],
        work: Path,
        title: str,
    ) -> list[Measurement]:
        """Measure all items under one adapter.

        Args:
            model: in evaluation mode.
            items: of the dataset.
            bench: they are made of.
            own: question id to what the model wrote by itself; None for an arm without think tags.
            decoding: of the traces that it is asked to write.
            seed: of the adapter, for draws of the decoding.
            identity: digests of model and adapter, and whatever else the numbers depend on.
            work: folder of part files, from which a killed run resumes.
            title: of the progress bars.

        Raises DataError for an item whose question has no generation.

        """
        if own is None:
            cells = {item.question.id: set_nothing(item) for item in items}
        else:
            prompts = self.ask_to_write(items, bench.seed)
            told = generate_all(
                model,
                self.tokenizer,
                prompts,
                decoding,
                seed,
                identity=dict(identity),
                part=work / "written.jsonl",
                title=f"{title}, traces",
            )
            turns = _turns(bench, prompts, told)
            cells = {}
            for item in items:
                name = item.question.id
                if name not in own:
                    raise DataError("the question has no generation", where=name, hint="generate anew")
                cells[name] = set_traces(item, bench, {OWN: own[name], **turns.get(name, {})})
        batches = [batch for item in items for batch in self.ask(item, cells[item.question.id])]
        weighed = measure_all(
            model,
            self.tokenizer,
            [asked for *_, asked in batches],
            identity=dict(identity),
            part=work / "measured.jsonl",
            title=f"{title}, answers",
        )
        return [
            measurement
            for (item, here, answers, _), numbers in zip(batches, weighed, strict=True)
            for measurement in join(item, here, answers, numbers)
        ]


def _turns(bench: Bench, prompts: Sequence[Prompt], told: Sequence[Generation]) -> dict[str, dict[str, str]]:
    """Give the turns that the model wrote beside its own: by question id, by the name of the trace."""
    questions = {question.id: question for question in bench.pool}
    turns: dict[str, dict[str, str]] = {}
    for prompt, generation in zip(prompts, told, strict=True):
        item, _, name = prompt.id.rpartition("/")
        begun = ""
        if name == OWN_MISTAKEN:
            begun = f"{THINK_OPEN}{mistaken_beginning(questions[item], bench.seed)}"
        turns.setdefault(item, {})[name] = begun + generation.text
    return turns
