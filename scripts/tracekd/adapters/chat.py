"""Conversations as token ids: what a model is trained on, and what it is asked (paper, sections 5 and 6).

Text is always tokenised without padding, one item at a time: a fast tokenizer that has padded once keeps
padding, and pad tokens would reach the labels.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from tracekd.core.checks import clip
from tracekd.core.errors import DataError, ModelError
from tracekd.core.limits import OutOfTime, limited
from tracekd.core.records import Question, Trace
from tracekd.settings.config import Chat
from tracekd.traces.prompts import (
    ANSWER_CLOSE,
    ANSWER_OPEN,
    THINK_CLOSE,
    THINK_OPEN,
    chat_messages,
    render_target,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

Messages = list[dict[str, str]]
Conversation = tuple[str, Messages]  # with the id of its item
Example = dict[str, list[int]]  # input_ids and labels, of equal length
NO_LOSS = -100  # the label that torch's cross entropy leaves out
# of one conversation: a template takes a millisecond and some kilobytes, and adds a few thousand characters
RENDER_S, RENDER_BYTES, MOST_ADDED = 5.0, 1 << 29, 100_000

_OTHER_TEMPLATE = "name another chat_template in the model's entry"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked for one item: the text and its token ids.

    shared: how many tokens, from the first, other prompts of the item have as well; fewer than there are.
    """

    id: str
    text: str
    input_ids: tuple[int, ...]
    shared: int = 0

    @property
    def head(self) -> tuple[int, ...]:
        """Tokens that other prompts begin with as well."""
        return self.input_ids[: self.shared]

    @property
    def tail(self) -> tuple[int, ...]:
        """Tokens from there on, at least one."""
        return self.input_ids[self.shared :]


def render(
    tokenizer: "PreTrainedTokenizerBase",
    item: str,
    messages: Messages,
    date: str,
    add_generation_prompt: bool,
) -> str:
    """Write the conversation of an item by the tokenizer's chat template.

    `date` stands in for today's date, which the templates of Llama 3 print into the system turn. Raises
    ModelError where the template fails on the conversation, leaves a part of a turn out of it, or does not
    come to an end.
    """
    if not tokenizer.chat_template:
        raise ModelError(
            "the tokenizer has no chat template",
            where=tokenizer.name_or_path,
            hint="use an instruction-tuned model, or name a chat_template in the model's entry",
        )
    where = f"{tokenizer.name_or_path}: {item}"
    try:
        with limited(RENDER_S, RENDER_BYTES):
            text = str(
                tokenizer.apply_chat_template(
                    messages, tokenize=False, add_generation_prompt=add_generation_prompt, date_string=date
                )
            )
    except (OutOfTime, MemoryError) as error:
        raise ModelError(
            f"the chat template does not end within {RENDER_S:g} s and {RENDER_BYTES >> 20} MiB",
            where=where,
            hint=_OTHER_TEMPLATE,
        ) from error
    except Exception as error:  # a template is a program of others: it may raise anything
        raise ModelError(
            f"the chat template refuses the conversation: {clip(' '.join(str(error).split()))}",
            where=where,
            hint="where it has no system turn, set persona: null in the model's entry",
        ) from error
    added = len(text) - sum(len(message["content"]) for message in messages)
    if added > MOST_ADDED:
        raise ModelError(
            f"the chat template adds {added} characters to the conversation",
            where=where,
            hint=_OTHER_TEMPLATE,
        )
    _require_turns(text, messages, where)
    return text


def _require_turns(text: str, messages: Messages, where: str) -> None:
    """Raise ModelError unless the turns stand in the text, one behind the other; blanks may have moved.

    Templates of reasoning models take turns apart at think tags, and may drop what they do not expect.
    """
    rest = "".join(text.split())
    for message in messages:
        words = "".join(message["content"].split())
        place = rest.find(words)
        if place < 0:
            role = message["role"]
            raise ModelError(
                f"the chat template leaves the {role} turn out, or a part of it",
                where=where,
                hint="set persona: null in the model's entry"
                if role == "system"
                else "leave the item out, or name another chat_template in the model's entry",
            )
        rest = rest[place + len(words) :]


def chat_prompt(tokenizer: "PreTrainedTokenizerBase", item: str, messages: Messages, chat: Chat) -> Prompt:
    """Encode the question of one item.

    Without a generation prompt, as published, the model writes the header of its turn itself.
    """
    text = render(tokenizer, item, messages, chat.date, chat.add_generation_prompt)
    return Prompt(item, text, _token_ids(tokenizer, text))


def prefilled_prompt(
    tokenizer: "PreTrainedTokenizerBase", item: str, messages: Messages, trace: str, chat: Chat
) -> Prompt:
    """Encode a question whose assistant turn is written up to the end of its trace.

    The tokens are those of a conversation as in SFT, turn header and the template's own blanks included, up
    to the one that closes the trace. That one may reach further than `</think>`; so does the text then.
    """
    turn = f"{THINK_OPEN}{trace}{THINK_CLOSE} {ANSWER_OPEN}{ANSWER_CLOSE}"
    whole, ids, spans = _encode_with_turn(tokenizer, item, messages, turn, chat)
    end = whole.rfind(THINK_CLOSE) + len(THINK_CLOSE)
    start = end - len(f"{trace}{THINK_CLOSE}")
    spans = [span for span in spans if span[0] < end]
    shared = sum(span[1] <= start for span in spans)
    return Prompt(item, whole[: spans[-1][1]], tuple(ids[: len(spans)]), shared)


def _encode_with_turn(
    tokenizer: "PreTrainedTokenizerBase", item: str, messages: Messages, turn: str, chat: Chat
) -> tuple[str, list[int], list[tuple[int, int]]]:
    """Give the text of a whole conversation with its assistant turn, its tokens, and where each stands."""
    conversation = [*messages, {"role": "assistant", "content": turn}]
    whole = render(tokenizer, item, conversation, chat.date, add_generation_prompt=False)
    encoded = tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
    return whole, encoded["input_ids"], encoded["offset_mapping"]


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model may answer behind one trace, token by token.

    prompt: everything that stands before all of the answers. opened: the part of the answer's text that the
    prompt holds already, for all of them begin with it. continuations: the rest of each, with the end tag or,
    of an arm without tags, the end token.
    """

    prompt: tuple[int, ...]
    opened: str
    continuations: tuple[tuple[int, ...], ...]


def encode_answers(
    tokenizer: "PreTrainedTokenizerBase",
    item: str,
    messages: Messages,
    trace: str | None,
    answers: Sequence[str],
    chat: Chat,
) -> Answers:
    """Encode answers after a trace, the tokens being those of whole conversations as in SFT.

    Args:
        tokenizer: with a chat template.
        item: id, for messages of errors.
        messages: of the item, without its assistant turn.
        trace: between the think tags; None for an arm without tags.
        answers: as the SFT target has them, two or more.
        chat: as at inference.

    """
    encoded = []
    for answer in answers:
        turn = render_target(trace, answer)
        whole, ids, spans = _encode_with_turn(tokenizer, item, messages, turn, chat)
        end = whole.rfind(turn) + len(turn)
        stop = next(place for place, span in enumerate(spans) if span[0] >= end)
        if trace is None:
            stop = ids.index(tokenizer.eos_token_id, stop) + 1
        encoded.append((ids[:stop], spans, whole, end))
    shared = count_shared([ids for ids, *_ in encoded])
    ids, spans, whole, end = encoded[0]
    begin = end - len(answers[0]) - len(ANSWER_CLOSE) * (trace is not None)
    return Answers(
        tuple(ids[:shared]),
        whole[begin : max(begin, spans[shared - 1][1])],
        tuple(tuple(ids[shared:]) for ids, *_ in encoded),
    )


def count_shared(rows: Sequence[Sequence[int]]) -> int:
    """Count the tokens that all rows begin with."""
    return sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*rows, strict=False)))


def opened_prompt(
    tokenizer: "PreTrainedTokenizerBase", item: str, messages: Messages, trace: str, chat: Chat
) -> Prompt:
    """Encode a question whose assistant turn is written up to here in its trace; what is begun goes on."""
    content = f"{THINK_OPEN}{trace}"
    whole, ids, spans = _encode_with_turn(tokenizer, item, messages, f"{content}{THINK_CLOSE}", chat)
    end = whole.rfind(content) + len(content)
    count = sum(span[1] <= end for span in spans)
    return Prompt(item, whole[:end], tuple(ids[:count]))


def raw_prompt(tokenizer: "PreTrainedTokenizerBase", item: str, text: str) -> Prompt:
    """Encode plain text without a chat template, as the published baseline without SFT does."""
    return Prompt(item, text, tuple(tokenizer(text)["input_ids"]))


def sft_conversations(
    questions: Sequence[Question], traces: Sequence[Trace], persona: str | None
) -> list[Conversation]:
    """Join questions and traces by id, in the order of the traces: the conversations to train on.

    Raises DataError for a trace without its question.
    """
    by_id = {question.id: question for question in questions}
    orphan = next((trace for trace in traces if trace.id not in by_id), None)
    if orphan is not None:
        raise DataError(
            "the trace has no training question", where=orphan.id, hint="build questions and traces again"
        )
    return [(trace.id, chat_messages(by_id[trace.id], persona, trace.target)) for trace in traces]


def count_tokens(tokenizer: "PreTrainedTokenizerBase", conversation: Conversation, chat: Chat) -> int:
    """Count the tokens of a whole conversation, as `encode_example` would write it."""
    return len(_token_ids(tokenizer, render(tokenizer, *conversation, chat.date, False)))


def encode_example(
    tokenizer: "PreTrainedTokenizerBase", conversation: Conversation, loss: str, chat: Chat
) -> Example:
    """Encode one conversation that ends with its assistant turn.

    Args:
        tokenizer: with a chat template.
        conversation: of an item: system turn, if the model has a persona, user and assistant turn.
        loss: `all` tokens (as published), or `completion`: only what follows the prompt of `chat_prompt`,
            the end token included.
        chat: as at inference.

    """
    item, messages = conversation
    ids = _token_ids(tokenizer, render(tokenizer, item, messages, chat.date, add_generation_prompt=False))
    prompt = chat_prompt(tokenizer, item, messages[:-1], chat).input_ids
    if ids[: len(prompt)] != prompt:
        raise ModelError(
            "the chat template writes the question differently when an answer follows",
            where=tokenizer.name_or_path,
            hint="use a template whose prompt is a prefix of the whole conversation",
        )
    if tokenizer.eos_token_id not in ids[len(prompt) :]:
        raise ModelError(
            f"the chat template does not end an answer with the end token {tokenizer.eos_token}",
            where=tokenizer.name_or_path,
            hint="set eos_token to the token that ends a turn",
        )
    masked = len(prompt) if loss == "completion" else 0
    return {"input_ids": list(ids), "labels": [NO_LOSS] * masked + list(ids[masked:])}


def encode_examples(
    tokenizer: "PreTrainedTokenizerBase",
    conversations: Iterable[Conversation],
    loss: str,
    max_length: int,
    chat: Chat,
) -> list[Example]:
    """Encode a training set, cut each conversation at `max_length` tokens, and log how many were cut.

    Raises ModelError when nothing that carries loss is left of a conversation.
    """
    whole = [encode_example(tokenizer, conversation, loss, chat) for conversation in conversations]
    n_cut = sum(len(example["input_ids"]) > max_length for example in whole)
    if n_cut:
        logger.warning("%d of %d conversations are cut at max_length %d", n_cut, len(whole), max_length)
    examples = [{name: ids[:max_length] for name, ids in example.items()} for example in whole]
    n_empty = sum(set(example["labels"]) == {NO_LOSS} for example in examples)
    if n_empty:
        raise ModelError(
            f"max_length {max_length} leaves nothing to learn of {n_empty} of {len(examples)} conversations",
            where="training.max_length",
            hint="raise it",
        )
    return examples


def _token_ids(tokenizer: "PreTrainedTokenizerBase", text: str) -> tuple[int, ...]:
    """Tokenise rendered text; the template has already written the begin token."""
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
