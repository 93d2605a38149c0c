"""What endpoints send in place of a plain, whole answer: read as what it is, counted as it is told."""

import json

import pytest
from support.teacher_servers import KEY, KEY_ENV, ONE_AT_A_TIME, running_teacher
from tenacity import wait_none
from tracekd.core.errors import TeacherError
from tracekd.core.records import write_records
from tracekd.teacher import ask as ask_module
from tracekd.teacher.cache import Cache
from tracekd.teacher.forecast import worst_case
from tracekd.teacher.replies import split_thought
from tracekd.teacher.responses import read_responses
from tracekd.teacher.settings import Spend, cost

WHOLE = {"content": "yes", "reasoning_content": "so"}
USAGE = {"prompt_tokens": 40, "completion_tokens": 9}
TWICE = ONE_AT_A_TIME.changed(attempts=2)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(ask_module, "_BACKOFF", wait_none())


def answer(message, reason="stop", **more):
    return lambda handler: handler.answer(message, reason, **more)


def send(body, status=200):
    return lambda handler: handler.send_json(status, body)


def ask_one(folder, *faults, key_env=None, limits=TWICE):
    """Ask one question of a server that first does this; give the record as written, and what was paid."""
    with running_teacher(folder, count=1, faults=faults, key_env=key_env) as teacher:
        responses = teacher.ask(limits)
        assert teacher.ask(limits) == responses and len(teacher.server.log) <= 1
        write_records(responses, folder / "r1.jsonl")
        with Cache(teacher.cache) as cache:
            return read_responses(folder / "r1.jsonl")[0], cache.paid + cache.cut_off


def fail_one(folder, *faults, key_env=None, limits=TWICE):
    """Ask one question that gets no answer; give the sentence, attempts left, and what was paid."""
    with running_teacher(folder, count=1, faults=faults, key_env=key_env) as teacher:
        with pytest.raises(TeacherError) as caught:
            teacher.ask(limits)
        left = len(list(teacher.server.faults))
        worst = worst_case(teacher.requests[0], teacher.endpoint)
        with Cache(teacher.cache) as cache:
            paid = cache.paid + cache.cut_off
        return str(caught.value), left, {"worst": paid == worst, "paid": paid}


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("stop", "ok"),
        ("STOP", "ok"),
        ("eos", "ok"),
        ("end_turn", "ok"),
        ("length", "truncated"),
        ("MAX_TOKENS", "truncated"),
        ("model_length", "truncated"),
        ("content_filter", "refused"),
        ("SAFETY", "refused"),
        ("sensitive", "refused"),
        ("tool_calls", "unfinished"),
        ("tired", "unfinished"),
        ("", "unfinished"),
        (None, "unfinished"),
    ],
)
def test_only_a_known_whole_end_is_whole_and_the_word_is_kept(tmp_path, word, status):
    response, _ = ask_one(tmp_path, answer(WHOLE, word, usage=USAGE))
    assert (response.status, response.finish_reason) == (status, word)
    assert (response.reasoning, response.answer) == ("so", "yes")


@pytest.mark.parametrize("word", ["insufficient_system_resource", "error", "abort", "ABORT", "network_error"])
def test_an_answer_that_the_endpoint_broke_off_is_asked_again(tmp_path, word):
    half = answer({"content": "half a", "reasoning_content": "so"}, word, usage=USAGE)
    response, paid = ask_one(tmp_path / "passes", half, answer(WHOLE, usage=USAGE))
    assert (response.status, response.answer) == ("ok", "yes")
    assert paid.tokens == 2 * 49  # both were generated
    sentence, left, _ = fail_one(tmp_path / "stays", half, half)
    assert f"the endpoint broke its answer off ({word})" in sentence and left == 0


def test_an_error_in_a_choice_is_an_error(tmp_path):
    broken = {
        "message": {"content": "half a"},
        "finish_reason": "stop",
        "error": {"code": 502, "message": "gone"},
    }
    sentence, left, found = fail_one(tmp_path, *[send({"choices": [broken], "usage": USAGE})] * 2)
    assert "the endpoint answers 502: gone" in sentence
    assert left == 0 and found["paid"].tokens == 2 * 49


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"content": "A \ud83d", "reasoning_content": "so"}),
        json.dumps({"content": "A \udc4d", "reasoning_content": "so"}),
        json.dumps({"content": [{"type": "text", "text": "A \ud83d"}], "reasoning": "so"}),
        b'{"content": "A \xff", "reasoning_content": "so"}',
        b'{"content": "A \xf0\x9f\x91", "reasoning_content": "so"}',
        '{"content": "A \ufffd", "reasoning_content": "so"}',
    ],
    ids=["first half", "second half", "in a part", "a byte that is no text", "half of four bytes", "whole"],
)
def test_half_a_character_is_stored_as_a_replacement_and_paid_once(tmp_path, body):
    body = body if isinstance(body, bytes) else body.encode()
    whole = (
        b'{"choices": [{"message": ' + body + b', "finish_reason": "stop"}], "usage": {"prompt_tokens": 40, '
    )
    whole += b'"completion_tokens": 9}}'
    response, paid = ask_one(tmp_path, lambda handler: handler.send_text(whole))
    assert (response.status, response.answer, response.reasoning) == ("ok", "A \ufffd", "so")
    assert paid.tokens == 49


def test_a_whole_character_of_two_halves_stays(tmp_path):
    response, _ = ask_one(tmp_path, answer({"content": "\U0001f44d", "reasoning_content": "so"}))
    assert response.answer == "\U0001f44d"


@pytest.mark.parametrize("place", ["end", "error"])
def test_half_a_character_elsewhere_stops_nothing_either(tmp_path, place):
    if place == "end":
        response, _ = ask_one(tmp_path, answer(WHOLE, "st\ud83d"))
        assert (response.finish_reason, response.status) == ("st\ufffd", "unfinished")
    else:
        sentence, _, _ = fail_one(tmp_path, send({"error": {"message": "odd \ud83d"}}, 400))
        assert "answers 400: odd \ufffd" in sentence


def test_any_fault_of_one_call_lets_the_others_come_to_their_end(tmp_path, monkeypatch):
    real, faults = Cache.answered, [RuntimeError("no one expected this")]

    def answered(cache, key, reply, paid):
        if faults:
            raise faults.pop()
        real(cache, key, reply, paid)

    with running_teacher(tmp_path, count=12, pause_s=0.1) as teacher:
        monkeypatch.setattr(Cache, "answered", answered)
        with pytest.raises(RuntimeError, match="no one expected this"):
            teacher.ask()
        with Cache(teacher.cache) as cache:
            # four were under way; one has no answer, those of the others are kept, and no new call was made
            assert (len(cache.replies), len(teacher.server.log)) == (3, 4)
            assert cache.cut_off == worst_case(teacher.requests[0], teacher.endpoint)


SLOW_DOWN = {"code": 429, "message": "slow down"}


@pytest.mark.parametrize(
    ("body", "sentence", "attempts"),
    [
        ({"error": SLOW_DOWN}, "answers 429: slow down", 2),
        ({"error": SLOW_DOWN, "choices": []}, "answers 429: slow down", 2),
        ({"error": {"code": "503", "message": "busy"}}, "answers 503: busy", 2),
        ([{"error": SLOW_DOWN}], "answers 429: slow down", 2),
        ({"object": "error", "message": "too long", "code": 400}, "answers 400: too long", 1),
        ({"error": {"code": 401, "message": "who?"}}, "refuses the key (401): who?", 1),
        (
            {"error": {"code": 404, "message": "gone"}},
            "no model 'synthetic-teacher' at this address (404): gone",
            1,
        ),
        ({"error": {"type": "insufficient_quota", "message": "pay"}}, "no credit left (200): pay", 1),
        ({"error": {"code": "overloaded", "message": "busy"}}, "answers with an error: busy", 2),
        ({"error": "busy"}, "answers with an error: busy", 2),
        ({"error": {"code": 10**300, "message": "odd"}}, "answers with an error: odd", 2),
        ({"choices": []}, "the reply holds no answer", 2),
        ({"choices": None}, "the reply holds no answer", 2),
    ],
)
def test_an_error_inside_a_good_reply_is_read_as_that_status_and_costs_nothing(
    tmp_path, body, sentence, attempts
):
    said, left, found = fail_one(tmp_path, *[send(body)] * 2)
    assert sentence in said and 2 - left == attempts
    assert found["paid"] == Spend()


@pytest.mark.parametrize("body", [{"error": SLOW_DOWN, "usage": USAGE}, {"choices": [], "usage": USAGE}])
def test_an_error_that_tells_its_tokens_is_counted(tmp_path, body):
    _, _, found = fail_one(tmp_path, *[send(body)] * 2)
    assert found["paid"].tokens == 2 * 49 and not found["worst"]


def test_a_filter_may_speak_inside_a_good_reply(tmp_path):
    response, paid = ask_one(
        tmp_path, send({"error": {"code": "content_filter", "message": "no"}, "usage": USAGE})
    )
    assert (response.status, paid.tokens) == ("refused", 49)


@pytest.mark.parametrize("error", [None, {}, ""])
def test_an_error_that_is_none_is_no_error(tmp_path, error):
    response, _ = ask_one(tmp_path, answer(WHOLE, error=error))
    assert response.status == "ok"


def test_a_reply_too_deep_to_be_parsed_is_no_completion(tmp_path):
    sentence, _, _ = fail_one(tmp_path, *[lambda handler: handler.send_text("[" * 100_000)] * 2)
    assert "the reply is not a chat completion" in sentence


TEXT = {"type": "text", "text": "yes"}


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "thinking", "thinking": "so"}, TEXT]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}, TEXT]},
        {
            "content": [{"type": "text", "text": "y"}, {"type": "output_text", "text": "es"}],
            "reasoning": "so",
        },
        {"content": ["y", "es"], "reasoning": [{"type": "text", "text": "so"}]},
        {"content": "yes", "reasoning_details": [{"type": "reasoning.text", "text": "so"}]},
        {"content": "yes", "reasoning_details": [{"type": "reasoning.summary", "summary": "so"}]},
        {"content": "yes", "thinking": "so"},
        {
            "content": "yes",
            "reasoning": "so",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "so"},
                {"type": "reasoning.encrypted", "data": "abc"},
            ],
        },
        {"content": "<thinking>so</thinking>yes"},
        {"content": "<thought>\nso</thought>\n\nyes"},
        {"content": "[THINK]so[/THINK]yes"},
        {"content": "so</thinking>yes"},
    ],
    ids=lambda message: "+".join(message),
)
def test_trace_and_answer_are_found_in_every_known_form(tmp_path, message):
    response, _ = ask_one(tmp_path, answer(message))
    assert (response.status, response.reasoning, response.answer) == ("ok", "so", "yes")


def test_a_part_that_refuses_is_a_refusal(tmp_path):
    response, _ = ask_one(tmp_path, answer({"content": [{"type": "refusal", "refusal": "I cannot"}]}))
    assert (response.status, response.answer) == ("refused", "I cannot")


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"content": [{"type": "image_url", "image_url": {}}]}, "content has a part of type 'image_url'"),
        ({"content": [{"type": "text", "text": 5}]}, "content has a part of type 'text'"),
        ({"content": [7]}, "content has a part that is neither text nor of a type"),
        ({"content": {"text": "yes"}}, "content must be string or array or null"),
        (
            {"content": "yes", "reasoning_details": [{"type": "reasoning.image"}]},
            "reasoning_details has a part",
        ),
    ],
)
def test_a_form_that_is_not_understood_is_named_and_not_asked_for_again(tmp_path, message, named):
    sentence, left, found = fail_one(tmp_path, *[answer(message, usage=USAGE)] * 2)
    assert "the reply has a form that is not understood: " in sentence and named in sentence
    assert left == 1 and found["paid"].tokens == 49


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<think>so</think> yes", ("so", "yes")),
        (" <thinking>so it", ("so it", "")),
        ("yes, <b>bold</b>", ("", "yes, <b>bold</b>")),
    ],
)
def test_a_thought_inside_the_answer_is_split_off(content, expected):
    assert split_thought(content) == expected


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.replace("s", "\\u0073"),
        KEY.replace("-", "\\u002D"),
        "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    ],
    ids=["plain", "one letter", "hyphens", "all"],
)
@pytest.mark.parametrize("place", ["answer", "trace", "end", "model", "error", "type"])
def test_an_escaped_key_is_hidden_in_every_text(tmp_path, monkeypatch, written, place):
    monkeypatch.setenv(KEY_ENV, KEY)
    body = {
        "model": "m",
        "choices": [{"message": {"content": "yes", "reasoning": "so"}, "finish_reason": "stop"}],
    }
    choice = body["choices"][0]
    match place:
        case "answer":
            choice["message"]["content"] = "HERE"
        case "trace":
            choice["message"]["reasoning"] = "HERE"
        case "end":
            choice["finish_reason"] = "HERE"
        case "model":
            body["model"] = "HERE"
        case "error":
            body = {"error": {"message": "bad key HERE", "code": 400}}
        case "type":
            choice["message"]["content"] = [{"type": "HERE"}]
    text = json.dumps(body).replace("HERE", written)
    fault = lambda handler: handler.send_text(text)  # noqa: E731
    if place in ("error", "type"):
        sentence, _, _ = fail_one(tmp_path, fault, key_env=KEY_ENV)
        assert KEY not in sentence and "[key]" in sentence
    else:
        ask_one(tmp_path, fault, key_env=KEY_ENV)
    stored = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY in one or KEY in json.dumps(one) for one in stored)
    assert place in ("error", "type") or any("[key]" in one for one in stored)


def test_a_key_over_two_parts_is_hidden_where_they_are_joined(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_ENV, "sk/slash/0123456789")
    parts = [{"type": "text", "text": "sk/slash"}, {"type": "text", "text": "/0123456789"}]
    response, _ = ask_one(tmp_path, answer({"content": parts, "reasoning": "so"}), key_env=KEY_ENV)
    assert response.answer == "[key]"


def test_a_key_with_escaped_slashes_is_hidden(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_ENV, "sk/slash/0123456789")
    text = json.dumps(
        {"choices": [{"message": {"content": "HERE", "reasoning": "so"}, "finish_reason": "stop"}]}
    )
    text = text.replace("HERE", r"it is sk\/slash\/0123456789")
    response, _ = ask_one(tmp_path, lambda handler: handler.send_text(text), key_env=KEY_ENV)
    assert response.answer == "it is [key]"


@pytest.mark.parametrize(
    "number",
    ["NaN", "Infinity", "-Infinity", "-5", "1e300", str(10**300), "10000001", '"9"', "true", "0.5", "[9]"],
)
def test_what_is_no_count_of_tokens_costs_the_worst_case_once(tmp_path, number, caplog):
    body = json.dumps({"choices": [{"message": WHOLE, "finish_reason": "stop"}], "usage": "HERE"})
    body = body.replace('"HERE"', f'{{"prompt_tokens": 40, "completion_tokens": {number}}}')
    with running_teacher(tmp_path, count=1, faults=[lambda handler: handler.send_text(body)]) as teacher:
        response = teacher.ask(ONE_AT_A_TIME)[0]
        assert (response.status, response.n_prompt_tokens, response.n_new_tokens) == ("ok", 40, None)
        with Cache(teacher.cache) as cache:
            assert cache.paid == worst_case(teacher.requests[0], teacher.endpoint)
    assert "no count, so the worst case is counted" in caplog.text


@pytest.mark.parametrize("usage", [None, [], "many", {"prompt_tokens": None}, {}])
def test_a_usage_that_tells_nothing_costs_the_worst_case(tmp_path, usage):
    with running_teacher(tmp_path, count=1, faults=[answer(WHOLE, usage=usage)]) as teacher:
        assert teacher.ask(ONE_AT_A_TIME)[0].status == "ok"
        with Cache(teacher.cache) as cache:
            assert cache.paid == worst_case(teacher.requests[0], teacher.endpoint)


def test_told_tokens_are_counted_as_told(tmp_path):
    with running_teacher(tmp_path, count=1, faults=[answer(WHOLE, usage=USAGE)]) as teacher:
        teacher.ask()
        with Cache(teacher.cache) as cache:
            assert cache.paid == cost(teacher.endpoint, 40, 9)
