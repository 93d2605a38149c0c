import logging
import resource
import signal

import pytest
from support.tiny_models import CHAT, TEMPLATE, conversations
from tracekd.adapters import chat
from tracekd.adapters.chat import (
    NO_LOSS,
    chat_prompt,
    encode_example,
    encode_examples,
    raw_prompt,
    sft_conversations,
)
from tracekd.core.errors import DataError, ModelError
from tracekd.core.records import Question, Source, Trace

MESSAGES = [
    {"role": "system", "content": "Help."},
    {"role": "user", "content": "abc?"},
    {"role": "assistant", "content": "<think>ab</think> <answer>a</answer>"},
]
CONVERSATION = ("q1", MESSAGES)
LOOP = "{% for n in range(99999) %}"


@pytest.fixture
def template(tokenizer):
    """A setter of the chat template that puts the old one back."""

    def use(text):
        tokenizer.chat_template = text

    yield use
    tokenizer.chat_template = TEMPLATE


def carrying_loss(tokenizer, example):
    assert len(example["labels"]) == len(example["input_ids"])
    pairs = zip(example["input_ids"], example["labels"], strict=True)
    assert all(label in (NO_LOSS, token) for token, label in pairs)
    return tokenizer.decode([label for label in example["labels"] if label != NO_LOSS])


def test_completion_loss_covers_the_answer_and_its_end_token(tokenizer):
    example = encode_example(tokenizer, CONVERSATION, "completion", CHAT)
    assert carrying_loss(tokenizer, example) == "<think>ab</think> <answer>a</answer><|end|>"


def test_without_a_generation_prompt_the_model_learns_to_write_its_header(tokenizer):
    chat = CHAT.changed(add_generation_prompt=False)
    example = encode_example(tokenizer, CONVERSATION, "completion", chat)
    assert carrying_loss(tokenizer, example).startswith("<|assistant|><think>")


def test_all_loss_covers_the_prompt_too(tokenizer):
    example = encode_example(tokenizer, CONVERSATION, "all", CHAT)
    assert example["labels"] == example["input_ids"]


@pytest.mark.parametrize("add_generation_prompt", [True, False])
def test_what_is_masked_in_training_is_what_is_asked_at_inference(tokenizer, add_generation_prompt):
    chat = CHAT.changed(add_generation_prompt=add_generation_prompt)
    example = encode_example(tokenizer, CONVERSATION, "completion", chat)
    prompt = chat_prompt(tokenizer, "q1", MESSAGES[:-1], chat)
    assert prompt.id == "q1"
    assert example["labels"].count(NO_LOSS) == len(prompt.input_ids)
    assert tuple(example["input_ids"][: len(prompt.input_ids)]) == prompt.input_ids


def test_the_date_of_the_prompt_is_pinned(tokenizer):
    text = chat_prompt(tokenizer, "q1", MESSAGES[:-1], CHAT.changed(date="1 Apr 1999")).text
    assert "Today is 1 Apr 1999. Help." in text


def test_raw_prompt_is_the_text_itself(tokenizer):
    prompt = raw_prompt(tokenizer, "q1", "abc?")
    assert prompt.text == "abc?"
    assert tokenizer.decode(prompt.input_ids) == "abc?"


def test_a_tokenizer_that_has_padded_before_leaves_no_pad_in_examples(tokenizer):
    clean = encode_example(tokenizer, CONVERSATION, "all", CHAT)
    tokenizer(["a", "long text"], padding=True, truncation=True, max_length=5)
    assert encode_example(tokenizer, CONVERSATION, "all", CHAT) == clean
    assert tokenizer.pad_token_id not in clean["labels"]


def test_template_that_rewrites_the_question_is_refused(tokenizer, template):
    template("{{ messages|length }}" + TEMPLATE)
    with pytest.raises(ModelError, match="writes the question differently"):
        encode_example(tokenizer, CONVERSATION, "completion", CHAT)


def test_template_that_does_not_end_the_answer_is_refused(tokenizer, template):
    template(TEMPLATE.replace("<|end|>", ""))
    with pytest.raises(ModelError, match="end token"):
        encode_example(tokenizer, CONVERSATION, "completion", CHAT)


def test_tokenizer_without_a_template_is_refused(tokenizer, template):
    template(None)
    with pytest.raises(ModelError, match="no chat template"):
        chat_prompt(tokenizer, "q1", MESSAGES[:-1], CHAT)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{{ raise_exception('System role not supported') }}",
            "refuses the conversation: System role not supp",
        ),
        ("{{ messages[0].nothing.content }}", "refuses the conversation"),
        ("{{ 1 / 0 }}", "refuses the conversation: division by zero"),
        ("{{ messages[0].content + 1 }}", "refuses the conversation: can only concatenate str"),
        ("{{ [][7] + 'a' }}", "refuses the conversation"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "refuses the conversation: maximum recursion"),
        ("{% for message in messages %}", "refuses the conversation: Unexpected end of template"),
        ("{{ 'a' | nothing }}", "refuses the conversation: No filter named 'nothing'"),
        (
            TEMPLATE.replace("messages %}", "messages if message.role != 'system' %}", 1),
            "leaves the system turn out",
        ),
    ],
)
def test_template_without_a_system_turn_is_one_sentence_with_the_remedy(tokenizer, template, text, sentence):
    template(text)
    with pytest.raises(ModelError, match=f"tiny: q1: the chat template {sentence}") as caught:
        chat_prompt(tokenizer, "q1", MESSAGES[:-1], CHAT)
    assert "persona: null" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{LOOP}{LOOP}{{% endfor %}}{{% endfor %}}", "does not end within 0.3 s and 512 MiB"),
        ("{{ 10 ** (10 ** 8) }}", "does not end within 0.3 s"),
        ("{{ 'x' * 10 ** 12 }}", "does not end within 0.3 s and 512 MiB"),
        ("{{ ('x' * 2 ** 20) | center(2 ** 33) }}", "does not end within 0.3 s and 512 MiB"),
        ("{{ [0] * 2 ** 30 }}", "does not end within 0.3 s and 512 MiB"),
        ("{{ ' ' * 200000 }}" + TEMPLATE, "adds 2000.. characters to the conversation"),
    ],
)
def test_a_template_without_end_is_one_sentence_with_the_remedy(
    tokenizer, template, monkeypatch, text, sentence
):
    monkeypatch.setattr(chat, "RENDER_S", 0.3)
    template(text)
    memory, alarm = resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGVTALRM)
    with pytest.raises(ModelError, match=f"tiny: q1: the chat template {sentence}") as caught:
        chat_prompt(tokenizer, "q1", MESSAGES[:-1], CHAT)
    assert "name another chat_template" in str(caught.value)
    assert resource.getrlimit(resource.RLIMIT_AS) == memory
    assert signal.getsignal(signal.SIGVTALRM) == alarm and signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_without_a_system_turn_such_a_template_does(tokenizer, template):
    template(TEMPLATE.replace("messages %}", "messages if message.role != 'system' %}", 1))
    assert chat_prompt(tokenizer, "q1", MESSAGES[1:-1], CHAT).text.startswith("<|user|>abc?")
    assert encode_example(tokenizer, ("q1", MESSAGES[1:]), "completion", CHAT)["labels"][-1] != NO_LOSS


def test_long_conversations_are_cut_and_counted(tokenizer, caplog):
    whole = encode_examples(tokenizer, conversations(), "completion", 1000, CHAT)
    assert not caplog.records
    limit = sorted(len(example["input_ids"]) for example in whole)[-4]
    with caplog.at_level(logging.WARNING):
        cut = encode_examples(tokenizer, conversations(), "completion", limit, CHAT)
    n_longer = sum(len(example["input_ids"]) > limit for example in whole)
    assert 0 < n_longer <= 3
    assert f"{n_longer} of 50 conversations are cut" in caplog.text
    for before, after in zip(whole, cut, strict=True):
        assert after == {name: ids[:limit] for name, ids in before.items()}


def test_conversation_with_nothing_left_to_learn_is_an_error(tokenizer):
    with pytest.raises(ModelError, match="nothing to learn of 1 of 1"):
        encode_examples(tokenizer, [CONVERSATION], "completion", 20, CHAT)


def make_question(item):
    return Question(
        id=item, dataset="babi", split="train", class_label="counting", context=(f"fact {item}",),
        question="Who?", answers=("a",), gold_facts=(0,), source=Source("f", 1, "0" * 64),
    )  # fmt: skip


def test_questions_and_traces_are_joined_by_id_not_by_place():
    questions = [make_question("q1"), make_question("q2")]
    traces = [Trace(item, "none", {}, "", target=f"answer {item}") for item in ("q2", "q1")]
    joined = sft_conversations(questions, traces, "Llama")
    assert [item for item, _ in joined] == ["q2", "q1"]
    for item, (system, user, assistant) in joined:
        assert "Llama" in system["content"]
        assert f"fact {item}" in user["content"]
        assert assistant == {"role": "assistant", "content": f"answer {item}"}


def test_a_persona_is_any_name_and_none_means_no_system_turn():
    question, trace = make_question("q1"), Trace("q1", "none", {}, "", target="a")
    ((_, (system, *rest)),) = sft_conversations([question], [trace], "the Oracle")
    assert system["content"].startswith("You are the Oracle, an AI assistant")
    assert sft_conversations([question], [trace], None) == [("q1", rest)]
    assert [message["role"] for message in rest] == ["user", "assistant"]


def test_trace_without_its_question_is_an_error():
    with pytest.raises(DataError, match="no training question"):
        sft_conversations([make_question("q1")], [Trace("q9", "none", {}, "", "a")], "Llama")


# of reasoning models: what stands before the last think tag is printed again from its own part
SPLITTING = TEMPLATE.replace(
    "{{ message.content }}",
    "{% if message.role == 'assistant' and '</think>' in message.content %}<think>\n"
    "{{ message.content.split('</think>')[0].split('<think>')[-1].strip() }}\n</think>\n\n"
    "{{ message.content.split('</think>')[-1] }}{% else %}{{ message.content }}{% endif %}",
)


def answering(text):
    return "babi-17", [*MESSAGES[:-1], {"role": "assistant", "content": text}]


def test_a_template_that_splits_at_think_tags_prints_a_whole_trace(tokenizer, template):
    template(SPLITTING)
    example = encode_example(tokenizer, CONVERSATION, "completion", CHAT)
    assert carrying_loss(tokenizer, example) == "<think>\nab\n</think>\n\n <answer>a</answer><|end|>"


@pytest.mark.parametrize(
    "target",
    [
        "<think>a</think>x<think>b</think> <answer>a</answer>",
        "<think>a</think>x</think> <answer>a</answer>",
        "before<think>a</think> <answer>a</answer>",
        "<think>a<think>b</think> <answer>a</answer>",
    ],
)
def test_a_target_that_a_template_prints_in_part_is_refused_by_name(tokenizer, template, target):
    assert carrying_loss(tokenizer, encode_example(tokenizer, answering(target), "completion", CHAT))
    template(SPLITTING)
    sentence = "tiny: babi-17: the chat template leaves the assistant turn out, or a part of it"
    with pytest.raises(ModelError, match=sentence):
        encode_examples(tokenizer, [CONVERSATION, answering(target)], "completion", 1000, CHAT)


@pytest.mark.parametrize(
    ("part", "put", "role"),
    [
        ("message.content }}", "message.content if message.role != 'assistant' else '' }}", "assistant"),
        ("message.content }}", "message.content | truncate(10, true, '') }}", "assistant"),
        ("message.content }}", "message.content | escape }}", "assistant"),
        ("message.content }}", "message.content if message.role != 'user' else '' }}", "user"),
        ("in messages", "in messages | reverse", "user"),
    ],
)
def test_no_turn_may_be_left_out_cut_changed_or_moved(tokenizer, template, part, put, role):
    # the answer alone would be found in the question
    template(TEMPLATE.replace(part, put, 1))
    with pytest.raises(ModelError, match=f"q1: the chat template leaves the {role} turn out, or a part"):
        encode_example(tokenizer, CONVERSATION, "completion", CHAT)


def test_an_answer_that_stands_in_the_question_does_not_stand_for_the_turn(tokenizer, template):
    template(
        TEMPLATE.replace("message.content }}", "message.content if message.role != 'assistant' else '' }}")
    )
    with pytest.raises(ModelError, match="babi-17: the chat template leaves the assistant turn out"):
        encode_example(tokenizer, answering("abc"), "completion", CHAT)
