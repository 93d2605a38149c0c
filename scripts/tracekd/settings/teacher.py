"""Whom to ask for traces, how fast, and for how much."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from tracekd.settings.base import SECRET, Count, NotNegative, Positive, Settings, Text

# base_url of the synthetic teacher that a script starts for itself
LOCAL = "local"
# what the workflow sets in every request
RESERVED = ("model", "messages", "n", "stream")
# parameters by which endpoints limit the length of an answer
LENGTHS = ("max_tokens", "max_completion_tokens")


def _usable(parameters: dict[str, Any]) -> dict[str, Any]:
    """Refuse parameters that the workflow sets itself, and lengths that are no numbers of tokens."""
    for name, value in parameters.items():
        if name in LENGTHS and type(value) is not int:
            raise PydanticCustomError("length", "should have a whole number for {name}", {"name": repr(name)})
        if name in RESERVED:
            raise PydanticCustomError(
                "reserved",
                "should not have the key {name}: the workflow sets {all} itself",
                {"name": repr(name), "all": ", ".join(RESERVED)},
            )
    return parameters


def _callable(address: str) -> str:
    """Refuse an address that no connection can be made to: no host, a port or a name that cannot be."""
    try:
        parts = urlsplit(address)
        if address != LOCAL and not (parts.hostname or "").encode("idna"):
            raise ValueError("no host")
        parts.port  # noqa: B018  raises where it is none
    except ValueError:
        raise PydanticCustomError(
            "address", "should be the address of an endpoint, such as https://api.deepseek.com"
        ) from None
    return address


class Price(Settings):
    """Money per million tokens, in the currency of the budget."""

    input: NotNegative = Field(description="Money per million tokens of the prompts")
    output: NotNegative = Field(description="Money per million tokens of the answers")


class Endpoint(Settings):
    """An OpenAI-compatible endpoint and the model that is asked there."""

    base_url: Annotated[str, Field(pattern=rf"^({LOCAL}|https?://[^@?#\s]+)$"), AfterValidator(_callable)] = (
        Field(
            description="Address without user, key or query, such as https://api.deepseek.com; "
            "local starts the synthetic teacher",
            json_schema_extra=SECRET,
        )
    )
    model: Text = Field(description="Model name as the endpoint knows it")
    api_key_env: Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = Field(
        description="Name of the environment variable that holds the key, never the key itself; "
        "null where none is needed",
        json_schema_extra=SECRET,
    )
    # sent as they are: an endpoint knows keys that nobody here does
    parameters: Annotated[dict[str, Any], AfterValidator(_usable)] = Field(
        description="Sent along with every request, such as temperature and max_tokens"
    )
    most_tokens: Count = Field(
        description="Tokens of the longest answer, with its reasoning, that the endpoint can send: "
        "worst case of the budget"
    )
    typical_tokens: Count = Field(description="Tokens of a usual answer, for the forecast")
    price: Price | None = Field(description="Money per million tokens; null is free")
    assistant_turns: Literal["joined", "separate"] | None = Field(
        None,
        description="How an explanation is asked for (the endpoint for r1_explanation needs it): joined puts "
        "trace and answer into one assistant turn, separate into two in a row, as published, which many "
        "endpoints refuse, DeepSeek's among them",
    )

    @property
    def is_local(self) -> bool:
        """Whether the synthetic teacher is meant."""
        return self.base_url == LOCAL


class Limits(Settings):
    """How fast to ask, and how often again."""

    concurrency: Count = Field(description="Most calls under way at once")
    per_minute: Positive | None = Field(description="Most calls per minute; null is no limit")
    timeout_s: Positive = Field(description="Longest wait for one answer in seconds")
    attempts: Count = Field(description="Attempts per prompt, the first one included")


class Limit(Settings):
    """The most that all calls of the cache may take; a call that could exceed it is not made."""

    tokens: Annotated[int, Field(ge=0)] | None = Field(
        description="Tokens of prompts and answers together; null is no limit"
    )
    money: NotNegative | None = Field(description="Money in `currency`; null is no limit")
    currency: Text = Field(description="Currency of the prices")


class Teacher(Settings):
    """Where R1 traces, summaries and explanations come from (docs/teacher.md)."""

    source: Literal["ask", "released"] = Field(
        description="ask: an OpenAI-compatible endpoint; released: responses that the authors released"
    )
    keep: Text = Field(
        description="Which answers of the teacher count as right: by the published or the aligned scorer, "
        "or all"
    )
    target: Literal["gold", "teacher"] = Field(
        description="What follows the trace in training: the gold answer, or the teacher's own wording "
        "(as published)"
    )
    endpoints: dict[Text, Endpoint] | None = Field(
        None, description="Who is asked, for each kind of response (source: ask)"
    )
    requests: Limits | None = Field(None, description="How fast to ask, and how often again (source: ask)")
    budget: Limit | None = Field(
        None,
        description="The most that all calls of the cache may take; a call that could exceed it is not made "
        "(source: ask)",
    )
    cache: Text | None = Field(
        None,
        description="File of every answer and its cost; runs that name the same file share it (source: ask)",
    )
    released: Text | None = Field(
        None, description="Registry of the released responses (source: released), config/released.yaml"
    )
