import dataclasses
import json
import logging

import pytest
from support.teacher_servers import FREE, KEY, KEY_ENV, LIMITS, ONE_AT_A_TIME, running_teacher
from tenacity import wait_none
from tracekd.core.errors import ConfigError, DataError, TeacherError
from tracekd.core.logs import rule_log
from tracekd.core.records import write_records
from tracekd.settings.teacher import Limit, Limits
from tracekd.teacher import ask as ask_module
from tracekd.teacher.ask import ask
from tracekd.teacher.cache import Cache
from tracekd.teacher.forecast import worst_case
from tracekd.teacher.settings import Spend

IMPATIENT = Limits(concurrency=1, per_minute=None, timeout_s=0.5, attempts=2)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(ask_module, "_BACKOFF", wait_none())


def test_every_question_is_answered_once_and_then_read_from_the_cache(tmp_path, capsys):
    with running_teacher(tmp_path) as teacher:
        responses = teacher.ask()
        assert [response.id for response in responses] == [question.id for question in teacher.questions]
        assert teacher.ask() == responses
        assert teacher.server.seen == {request.key: 1 for request in teacher.requests}
    said = capsys.readouterr().err
    assert "12 prompts for synthetic-teacher, 0 answered already, 12 calls to make: about " in said
    assert "12 prompts for synthetic-teacher, 12 answered already, 0 calls to make" in said


def test_a_changed_prompt_asks_only_what_changed(tmp_path):
    with running_teacher(tmp_path) as teacher:
        teacher.ask()
        before = len(teacher.server.log)
        first = teacher.requests[0]
        messages = [{"role": "user", "content": teacher.requests[1].messages[0]["content"]}]
        warm = dataclasses.replace(first, messages=messages, parameters={"temperature": 1})
        responses = ask([warm, *teacher.requests[1:]], teacher.endpoint, LIMITS, FREE, teacher.cache)
        assert len(teacher.server.log) == before + 1
        assert responses[0].id == first.id and responses[0].prompt_sha256 != first.key


def test_equal_prompts_are_asked_once(tmp_path):
    with running_teacher(tmp_path, count=1) as teacher:
        twin = dataclasses.replace(teacher.requests[0], id="twin")
        responses = ask([*teacher.requests, twin], teacher.endpoint, LIMITS, FREE, teacher.cache)
        assert len(teacher.server.log) == 1
        assert dataclasses.replace(responses[1], id=responses[0].id) == responses[0]


PASSING = {
    "too many requests": lambda handler: handler.send_json(429, {}, {"Retry-After": "0"}),
    "server error": lambda handler: handler.send_json(500, {"error": {"message": "oops"}}),
    "overloaded, no JSON": lambda handler: handler.send_text("<html>busy</html>", 503, kind="text/html"),
    "dropped": lambda handler: handler.drop(),
    "body breaks off": lambda handler: (handler.send_text('{"choices"', length=500), handler.drop()),
    "malformed JSON": lambda handler: handler.send_text('{"choices": ['),
    "a page, not JSON": lambda handler: handler.send_text("<html>hello</html>", kind="text/html"),
    "no choices": lambda handler: handler.send_json(200, {"choices": []}),
    "a list": lambda handler: handler.send_json(200, [1]),
}
SENTENCES = {
    "too many requests": "the endpoint answers 429",
    "server error": "the endpoint answers 500: oops",
    "overloaded, no JSON": "the endpoint answers 503",
    "dropped": "the connection fails or breaks off",
    "body breaks off": "the connection fails or breaks off",
    "malformed JSON": "the reply is not a chat completion",
    "a page, not JSON": "the reply is not a chat completion",
    "no choices": "the reply holds no answer",
    "a list": "the reply is not a chat completion",
}


def test_faults_that_pass_end_in_the_right_answers(tmp_path):
    with running_teacher(tmp_path / "calm") as teacher:
        expected = teacher.ask()
    with running_teacher(tmp_path / "faulty", faults=PASSING.values()) as teacher:
        assert teacher.ask(LIMITS.changed(attempts=len(PASSING) + 1)) == expected
        assert set(teacher.server.seen.values()) == {1}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_stays_is_one_sentence_that_names_the_question(tmp_path, name):
    with running_teacher(tmp_path, count=1, faults=[PASSING[name]] * 3) as teacher:
        with pytest.raises(TeacherError, match=SENTENCES[name]) as caught:
            teacher.ask()
        assert "question cotempqa-000" in str(caught.value) and "\n" not in str(caught.value)
        assert next(teacher.server.faults, None) is None  # all three attempts were made
        assert teacher.ask()[0].status == "ok"


@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "blanks keep the line open"])
def test_a_slow_answer_is_given_up_in_time(tmp_path, trickle):
    from threading import Event

    done = Event()

    def slow(handler):
        handler.send_text("", length=10_000)
        while not done.wait(0.05):
            if trickle:
                handler.wfile.write(b"\n")
        handler.close_connection = True

    with running_teacher(tmp_path, count=1, faults=[slow] * 2) as teacher:
        try:
            with pytest.raises(TeacherError, match=r"no answer within 0\.5 s"):
                teacher.ask(IMPATIENT)
        finally:
            done.set()
        with Cache(teacher.cache) as cache:  # nobody knows whether these two calls were charged
            assert cache.paid.tokens > 2 * teacher.endpoint.most_tokens


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (lambda handler: handler.send_json(401, {"error": {"message": f"bad key {KEY}"}}), "refuses the key"),
        (lambda handler: handler.send_json(402, {"error": {"message": "pay"}}), "no credit left"),
        (
            lambda handler: handler.send_json(429, {"error": {"code": "insufficient_quota"}}),
            "no credit left",
        ),
        (lambda handler: handler.send_json(404, {}), "no model 'synthetic-teacher' at this address"),
        (
            lambda handler: handler.send_json(400, {"error": {"message": f"odd\nrequest {KEY}"}}),
            r"answers 400: odd request \[key\]",
        ),
    ],
    ids=["401", "402", "quota", "404", "400"],
)
def test_a_fault_that_cannot_pass_is_not_tried_again(tmp_path, monkeypatch, fault, sentence):
    monkeypatch.setenv(KEY_ENV, KEY)
    with running_teacher(tmp_path, faults=[fault], key_env=KEY_ENV) as teacher:
        with pytest.raises(TeacherError, match=sentence) as caught:
            teacher.ask(ONE_AT_A_TIME)
        assert KEY not in str(caught.value)
        assert not teacher.server.log
        with Cache(teacher.cache) as cache:
            assert cache.cut_off == cache.paid == Spend()


ODD_ANSWERS = {
    "inline thought": (
        lambda handler: handler.answer({"content": "<think>\nso\n</think>\n\nyes"}),
        ("ok", "so", "yes", "stop"),
    ),
    "thought opened by the template": (
        lambda handler: handler.answer({"content": "so\n</think>\n\nyes"}),
        ("ok", "so", "yes", "stop"),
    ),
    "other name of the thought": (
        lambda handler: handler.answer({"content": "yes", "reasoning": "so"}),
        ("ok", "so", "yes", "stop"),
    ),
    "thought cut off": (
        lambda handler: handler.answer({"content": "<think>\nso it"}, "length"),
        ("truncated", "so it", "", "length"),
    ),
    "no thought": (lambda handler: handler.answer({"content": "yes"}), ("empty_trace", "", "yes", "stop")),
    "no answer": (
        lambda handler: handler.answer({"content": None, "reasoning_content": "so"}, None),
        ("unfinished", "so", "", None),
    ),
    "nothing": (lambda handler: handler.answer({}), ("empty_answer", "", "", "stop")),
    "refusal": (
        lambda handler: handler.answer({"content": None, "refusal": "no"}),
        ("refused", "", "no", "stop"),
    ),
    "filtered answer": (
        lambda handler: handler.answer({"content": ""}, "content_filter"),
        ("refused", "", "", "content_filter"),
    ),
    "filtered prompt": (
        lambda handler: handler.send_json(400, {"error": {"message": "Content Exists Risk"}}),
        ("refused", "", "", "content_filter"),
    ),
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_odd_answers_are_recorded_as_what_they_are(tmp_path, name):
    fault, expected = ODD_ANSWERS[name]
    with running_teacher(tmp_path, count=2, faults=[fault]) as teacher:
        response = teacher.ask(ONE_AT_A_TIME)[0]
        assert (response.status, response.reasoning, response.answer, response.finish_reason) == expected
        assert teacher.ask()[0] == response


def test_an_answer_without_token_counts_costs_the_worst_case(tmp_path):
    with running_teacher(
        tmp_path, count=1, faults=[lambda handler: handler.answer({"content": "yes"})]
    ) as teacher:
        assert teacher.ask()[0].n_new_tokens is None
        with Cache(teacher.cache) as cache:
            assert cache.paid.tokens > teacher.endpoint.most_tokens


@pytest.mark.parametrize("unit", ["tokens", "money"])
def test_the_budget_is_never_exceeded_and_a_raised_one_asks_only_the_rest(tmp_path, unit):
    with running_teacher(tmp_path / "free") as teacher:
        expected = teacher.ask()
        with Cache(teacher.cache) as cache:
            most = {"tokens": cache.paid.tokens * 3 // 4, "money": cache.paid.money * 0.75}[unit]
    with running_teacher(tmp_path / "poor") as teacher:
        limit = Limit(**{"tokens": None, "money": None, unit: most}, currency="USD")
        with pytest.raises(TeacherError, match="the budget ends here") as caught:
            teacher.ask(limit=limit)
        assert "\n" not in str(caught.value) and "only the rest is asked" in str(caught.value)
        answered = len(teacher.server.log)
        with Cache(teacher.cache) as cache:
            assert 0 < answered == len(cache.replies) < len(expected)
            assert getattr(cache.paid, unit) <= most and cache.cut_off == Spend()
        with pytest.raises(TeacherError):  # the same budget again asks nothing
            teacher.ask(limit=limit)
        assert len(teacher.server.log) == answered
        assert teacher.ask() == expected
        assert set(teacher.server.seen.values()) == {1}


def test_a_budget_that_is_enough_does_not_stop_early(tmp_path):
    with running_teacher(tmp_path / "free") as teacher:
        teacher.ask()
        with Cache(teacher.cache) as cache:
            paid = cache.paid.tokens
    # room for the whole, and for one worst case at a time: workers wait for each other
    with running_teacher(tmp_path / "tight") as teacher:
        worst = worst_case(teacher.requests[0], teacher.endpoint)
        assert len(teacher.ask(limit=Limit(tokens=paid + worst.tokens, money=None, currency="USD"))) == 12


def test_the_pace_is_kept(tmp_path, monkeypatch):
    paces = []

    class Pace(ask_module.AsyncLimiter):
        async def __aenter__(self):
            paces.append((self.max_rate, self.time_period))

    monkeypatch.setattr(ask_module, "AsyncLimiter", Pace)
    with running_teacher(tmp_path, faults=[PASSING["server error"]]) as teacher:
        teacher.ask(LIMITS.changed(per_minute=120))
    assert paces == [(1, 0.5)] * 13  # every attempt waits for its turn, the second one too


def test_no_more_calls_are_under_way_than_allowed(tmp_path):
    from threading import Lock

    lock, under_way, most = Lock(), 0, 0
    with running_teacher(tmp_path, pause_s=0.02) as teacher:
        complete = teacher.server.complete

        def counted(body):
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            try:
                return complete(body)
            finally:
                with lock:
                    under_way -= 1

        teacher.server.complete = counted
        teacher.ask(LIMITS.changed(concurrency=3))
    assert most <= 3


def test_a_half_line_is_dropped_and_a_damaged_one_is_named(tmp_path):
    with running_teacher(tmp_path, count=3) as teacher:
        expected = teacher.ask(ONE_AT_A_TIME)
        whole = teacher.cache.read_bytes()
        teacher.cache.write_bytes(whole[:-40])
        assert teacher.ask() == expected
        assert len(teacher.server.log) == 4  # the last answer was lost with its line
        teacher.cache.write_bytes(b"{}\n" + whole)
        with pytest.raises(DataError, match=r"cache.jsonl:1: not a line of a teacher's cache"):
            teacher.ask()


def test_jobs_that_share_a_cache_wait_for_each_other(tmp_path):
    from threading import Thread

    with running_teacher(tmp_path, pause_s=0.01) as teacher:
        threads = [Thread(target=teacher.ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert teacher.server.seen == {request.key: 1 for request in teacher.requests}


def test_a_missing_key_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_ENV, "short")
    with running_teacher(tmp_path, key_env=KEY_ENV) as teacher:
        with pytest.raises(ConfigError, match=f"the environment variable {KEY_ENV} holds no key"):
            teacher.ask()
        assert not teacher.server.log


def test_a_key_reaches_no_file_and_no_screen(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv(KEY_ENV, KEY)
    got = []

    def echo(handler):
        got.append(handler.headers["Authorization"])
        handler.answer({"content": f"your key is {KEY}", "reasoning_content": KEY})

    def refuse(handler):
        handler.send_json(418, {"error": {"message": handler.headers["Authorization"]}})

    faults = [PASSING["server error"], PASSING["dropped"], PASSING["malformed JSON"], echo, refuse]
    with (
        running_teacher(tmp_path, faults=faults, key_env=KEY_ENV) as teacher,
        pytest.raises(SystemExit),
        rule_log(tmp_path / "rule.log"),
    ):
        logging.getLogger().setLevel(logging.DEBUG)
        write_records(teacher.ask(ONE_AT_A_TIME.changed(attempts=4)), tmp_path / "r1.jsonl")
    with running_teacher(tmp_path, key_env=KEY_ENV) as teacher:
        write_records(teacher.ask(), tmp_path / "r1.jsonl")
    assert got == [f"Bearer {KEY}"]
    assert "your key is [key]" in (tmp_path / "r1.jsonl").read_text("utf-8")
    texts = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert len(texts) == 3
    assert "answers 418: Bearer [key]" in (tmp_path / "rule.log").read_text("utf-8")
    assert not any(KEY in text for text in [*texts, *capfd.readouterr()])


def test_cache_lines_are_plain_json(tmp_path):
    with running_teacher(tmp_path, count=1) as teacher:
        teacher.ask()
        lines = [json.loads(line) for line in teacher.cache.read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["asked", "answered"]
    assert {line["key"] for line in lines} == {teacher.requests[0].key}
