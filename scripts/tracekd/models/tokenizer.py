"""The tokenizer of the tiny base models: whole words, fixed wordings, and bytes for all else.

A model of a few hundred thousand weights must not spend them on spelling. Frequent words are one token, and
so is every sentence of the prompts and traces and every phrase between two names of the datasets' templates:
what must be looked up then stands one or two tokens from the names that point to it. Whatever else occurs is
spelt in bytes, so no text is ever unknown. Decoding gives back the text, but for blanks at odd places.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest
from typing import TYPE_CHECKING

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from tracekd.datasets import DATASETS, get_dataset
from tracekd.datasets.simulation import SIMULATORS, get_simulator
from tracekd.traces.prompts import ANSWER_CLOSE, ANSWER_OPEN, THINK_CLOSE, THINK_OPEN, system_message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, END = "<|pad|>", "<|end|>"
ROLES = {role: f"<|{role}|>" for role in ("system", "user", "assistant")}
SPECIAL_TOKENS = (PAD, END, *ROLES.values())
# personas whose system message is one token
PERSONAS = ("Llama", "Qwen")
INSTRUCTION = "Answer the question based on the context:\n"
QUESTION = "\nQuestion: "
ANSWER_ONLY = " Only return the answer.\n"
REPEAT = "Repeat: "
LIST_MARKS = ("['", "', '", "']")
# no date and no default system message: a prompt depends on its messages only
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
MAX_WORD_BYTES = 1000


def fixed_tokens(datasets: Iterable[str]) -> list[str]:
    """List the texts that are one token each: template sentences, phrases, tags, list marks.

    Only those of the datasets that are to be read: what else is registered changes no tokenizer.
    """
    asked = set(datasets)
    known = [name for name in DATASETS if name in asked]
    openings = zip_longest(*([step.opening for step in get_dataset(name).steps] for name in known))
    sentences = [opening for place in openings for opening in place if opening]
    sentences += [system_message(persona) for persona in PERSONAS]
    tags = [THINK_OPEN, f"{THINK_CLOSE} {ANSWER_OPEN}", ANSWER_OPEN, ANSWER_CLOSE]
    prompt = [INSTRUCTION, QUESTION, ANSWER_ONLY, ANSWER_ONLY.replace(" ", "\n", 1), REPEAT, "\n"]
    labels = [label for name in known for label in get_dataset(name).classes if "-" in label]
    phrases = [phrase for name in known if name in SIMULATORS for phrase in get_simulator(name).PHRASES]
    return list(dict.fromkeys([*prompt, *sentences, *tags, *LIST_MARKS, *labels, *phrases]))


def build_tokenizer(
    texts: Iterable[str], max_words: int, datasets: Iterable[str]
) -> "PreTrainedTokenizerFast":
    """Make a tokenizer whose words are the `max_words` most frequent ones of the texts (ties by spelling)."""
    from transformers import PreTrainedTokenizerFast  # takes seconds: it loads torch

    fixed = fixed_tokens(datasets)
    words = pre_tokenizers.ByteLevel(add_prefix_space=True)
    between = re.compile("|".join(re.escape(token) for token in sorted(fixed, key=len, reverse=True)))
    segments = (segment for text in texts for segment in between.split(text) if segment)
    counts = Counter(word for segment in segments for word, _ in words.pre_tokenize_str(segment))
    frequent = [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:max_words]
    vocabulary = dict.fromkeys(
        [*SPECIAL_TOKENS, *sorted(pre_tokenizers.ByteLevel.alphabet()), *sorted(frequent)]
    )

    # longest match first, and every single byte is a piece: spells any text
    tokenizer = Tokenizer(
        models.WordPiece(
            {token: number for number, token in enumerate(vocabulary)},
            unk_token=PAD,
            continuing_subword_prefix="",
            max_input_chars_per_word=MAX_WORD_BYTES,
        )
    )
    tokenizer.pre_tokenizer = words
    # the blank that add_prefix_space put before a segment goes again, a fixed token's own blank stays
    after = "|".join(re.escape(token) for token in [*fixed, *SPECIAL_TOKENS])
    own = "|".join(re.escape(token[1:]) for token in fixed if token.startswith(" "))
    added_blank = Regex(f"(?:^|(?<={after})) (?!{own})")
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Replace(added_blank, "")])
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in fixed])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=list(ROLES.values()),
        padding_side="left",
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )
