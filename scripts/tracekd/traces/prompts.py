"""What the model is shown: system message, user turn, assistant turn (paper, section 3)."""

from tracekd.core.records import Question
from tracekd.datasets import get_dataset

THINK_OPEN, THINK_CLOSE = "<think>", "</think>"
ANSWER_OPEN, ANSWER_CLOSE = "<answer>", "</answer>"


def system_message(persona: str) -> str:
    """Write the system message; `persona` is the assistant's name, in the paper the model's family."""
    return (
        f"You are {persona}, an AI assistant created to be helpful and honest. "
        "Your knowledge spans a wide range of topics, allowing you to engage in substantive conversations "
        "and provide analysis on complex subjects."
    )


def chat_messages(question: Question, persona: str | None, target: str | None = None) -> list[dict[str, str]]:
    """Write the conversation of one item: with its assistant turn for SFT, without it for inference.

    Without a persona (None) there is no system turn.
    """
    system = [] if persona is None else [{"role": "system", "content": system_message(persona)}]
    messages = [
        *system,
        {"role": "user", "content": get_dataset(question.dataset).user_prompt(question)},
    ]
    return messages if target is None else [*messages, {"role": "assistant", "content": target}]


def render_target(trace_text: str | None, answer: str) -> str:
    """Write the assistant turn: the bare answer without a trace (None), else think and answer tags."""
    if trace_text is None:
        return answer
    return f"{THINK_OPEN}{trace_text}{THINK_CLOSE} {ANSWER_OPEN}{answer}{ANSWER_CLOSE}"
