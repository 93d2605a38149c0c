"""What surrounds a call: waiting, redirects, sizes, the environment, addresses, and lines of the cache."""

import gzip
import json
import logging
import zlib
from email.utils import formatdate

import pytest
from support.teacher_servers import (
    KEY,
    KEY_ENV,
    MOST_POURED,
    ONE_AT_A_TIME,
    make_endpoint,
    make_questions,
    running_teacher,
)
from tenacity import wait_none
from tracekd.core.errors import ConfigError, DataError, TeacherError, visible
from tracekd.core.logs import rule_log
from tracekd.settings.base import parse_settings
from tracekd.settings.teacher import Endpoint, Limit
from tracekd.teacher import ask as ask_module
from tracekd.teacher.cache import Cache
from tracekd.teacher.client import BYTES_PER_TOKEN, FRAME_BYTES, Client, retry_after
from tracekd.teacher.prompts import trace_requests
from tracekd.teacher.settings import Spend

NOW = 1_800_000_000
# what a socket may hold besides what was read
SOCKET_BYTES = 16 << 20


@pytest.fixture
def no_waiting(monkeypatch):
    monkeypatch.setattr(ask_module, "_BACKOFF", wait_none())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7),
        ({"retry-after": formatdate(NOW + 20, usegmt=True), "date": formatdate(NOW, usegmt=True)}, 20),
        ({"retry-after": formatdate(NOW - 20, usegmt=True), "date": formatdate(NOW, usegmt=True)}, 0),
        ({"retry-after": "Friday, 15-Jan-27 08:00:20 GMT", "date": formatdate(NOW, usegmt=True)}, 20),
        ({"retry-after": "Fri Jan 15 08:00:20 2027", "date": formatdate(NOW, usegmt=True)}, 20),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "NaN"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 45 Foo 2027"}, None),
        ({}, None),
    ],
)
def test_a_server_says_in_any_form_of_the_standard_how_long_to_wait(headers, seconds):
    assert retry_after(headers) == seconds


def test_without_a_clock_of_the_servers_own_a_date_is_held_against_ours(monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW)
    assert retry_after({"retry-after": formatdate(NOW + 20, usegmt=True)}) == 20


def test_a_server_that_asks_for_patience_gets_it(tmp_path, monkeypatch):
    waits, wait = [], ask_module._wait
    monkeypatch.setattr(ask_module, "_wait", lambda state: waits.append(wait(state)) or 0)
    monkeypatch.setattr(ask_module, "_BACKOFF", lambda state: "our own")

    def patience(**headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return lambda handler: handler.send_json(429, {}, headers)

    def until(handler):
        handler.date_time_string = lambda timestamp=None: formatdate(NOW, usegmt=True)
        handler.send_json(429, {}, {"Retry-After": formatdate(NOW + 20, usegmt=True)})

    faults = [
        patience(Retry_After="7"),
        patience(Retry_After="86400"),
        patience(Retry_After="inf"),
        patience(Retry_After_Ms="250"),
        until,
        patience(Retry_After="nan"),
        lambda handler: handler.send_json(200, {"error": {"code": 429}}, {"Retry-After": "9"}),
    ]
    with running_teacher(tmp_path, count=1, faults=faults) as teacher:
        assert teacher.ask(ONE_AT_A_TIME.changed(attempts=8))[0].status == "ok"
    assert waits == [7, 600, 600, 0.25, 20, "our own", 9]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_prompt_is_sent_nowhere_else(tmp_path, monkeypatch, status):
    monkeypatch.setenv(KEY_ENV, KEY)
    with running_teacher(tmp_path / "other", count=1) as other:
        target = f"{other.endpoint.base_url}/chat/completions"
        away = lambda handler: handler.send_text("", status, Location=f"{target}?secret=1")  # noqa: E731
        with running_teacher(tmp_path, count=1, faults=[away], key_env=KEY_ENV) as teacher:
            with pytest.raises(TeacherError) as caught:
                teacher.ask()
            assert f"the endpoint redirects to {target} ({status})" in str(caught.value)
            assert "prompts are not sent on" in str(caught.value)
            with Cache(teacher.cache) as cache:
                assert cache.paid + cache.cut_off == Spend()
        assert not other.server.log


@pytest.mark.parametrize("location", ["http://[::1", "ftp://else/where", "//else", ""])
def test_an_odd_redirect_is_one_sentence_too(tmp_path, no_waiting, location):
    away = lambda handler: handler.send_text("", 302, Location=location)  # noqa: E731
    with running_teacher(tmp_path, count=1, faults=[away] * 3) as teacher:
        with pytest.raises(TeacherError, match=r"redirects|breaks off") as caught:
            teacher.ask()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 500])
def test_an_endless_reply_is_not_read_beyond_what_the_tokens_can_take(tmp_path, status):
    with running_teacher(tmp_path, count=1, faults=[lambda handler: handler.pour(status)]) as teacher:
        most = FRAME_BYTES + BYTES_PER_TOKEN * teacher.endpoint.most_tokens
        with pytest.raises(
            TeacherError, match=f"the reply is longer than {most:,} bytes, more than 500 tokens"
        ):
            teacher.ask()
        assert teacher.server.poured < most + SOCKET_BYTES < MOST_POURED
        with Cache(teacher.cache) as cache:  # nobody knows what it cost
            assert cache.paid.tokens > teacher.endpoint.most_tokens


def test_the_longest_reply_that_most_tokens_allow_is_read(tmp_path):
    # every token of the longest kind, each character escaped, and the trace twice
    trace = "\U0001f44d" * 500 * 4
    message = {
        "content": "yes",
        "reasoning": trace,
        "reasoning_details": [{"type": "reasoning.text", "text": trace}],
    }
    with running_teacher(tmp_path, count=1, faults=[lambda handler: handler.answer(message)]) as teacher:
        assert teacher.ask()[0].reasoning == trace


PACKED = {
    "gzip": gzip.compress(bytes(50 << 20)),
    "deflate": zlib.compress(bytes(50 << 20)),
    "br": b"\x00" * 64,
    "gzip, gzip": gzip.compress(gzip.compress(bytes(50 << 20))),
    "zstd": b"\x28\xb5\x2f\xfd" + bytes(64),
}


@pytest.mark.parametrize("packing", PACKED)
def test_nothing_is_unpacked(tmp_path, packing):
    wished = []

    def bomb(handler):
        wished.append(handler.headers["Accept-Encoding"])
        handler.send_text(PACKED[packing], Content_Encoding=packing)

    with running_teacher(tmp_path, count=1, faults=[bomb] * 3) as teacher:
        with pytest.raises(TeacherError, match=f"the endpoint sends {packing}, though"):
            teacher.ask()
        assert wished == ["identity"]  # once: another attempt would be the same


def test_a_packed_error_is_still_that_error(tmp_path, no_waiting):
    def busy(handler):
        handler.send_text(gzip.compress(b"busy"), 503, Content_Encoding="gzip")

    with running_teacher(tmp_path, count=1, faults=[busy]) as teacher:
        assert teacher.ask()[0].status == "ok"


def test_endless_headers_are_a_broken_connection(tmp_path, no_waiting):
    def talk(handler):
        handler.close_connection = True
        handler.send_response(200)
        for number in range(20_000):
            handler.send_header(f"X-{number}", "y" * 100)
        handler.end_headers()

    with (
        running_teacher(tmp_path, count=1, faults=[talk] * 3) as teacher,
        pytest.raises(TeacherError, match="the connection fails or breaks off"),
    ):
        teacher.ask()


REMOTE = make_endpoint("https://teacher.invalid/v1", "m", most_tokens=5, typical_tokens=5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080"),
        ("ALL_PROXY", "socks://127.0.0.1:1080"),
        ("all_proxy", "socks4a://127.0.0.1:1080"),
        ("HTTPS_PROXY", "http://127.0.0.1:port"),
        ("https_proxy", "http://[::1"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
    ],
)
def test_what_the_environment_forbids_is_one_sentence_that_names_the_variable(monkeypatch, name, value):
    for other in ("all_proxy", "http_proxy", "https_proxy", "no_proxy", "ftp_proxy"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.upper(), raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        Client(REMOTE, 5)
    assert f"environment: no connection can be set up with {name}: " in str(caught.value)
    assert "(unset it, or name a " in str(caught.value) and "\n" not in str(caught.value)


def test_a_password_of_a_proxy_is_not_printed(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks://me:secret-word@127.0.0.1:1080")
    with pytest.raises(ConfigError, match="ALL_PROXY") as caught:
        Client(REMOTE, 5)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("name", ["ALL_PROXY", "SSL_CERT_FILE"])
def test_an_endpoint_on_this_machine_needs_nothing_of_the_environment(tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, "socks://127.0.0.1:1080")
    with running_teacher(tmp_path, count=1) as teacher:
        assert teacher.ask()[0].status == "ok"


@pytest.mark.parametrize("key", ["sk-01234567é", "sk-0123\n4567", "sk-0123\x0045678", "“sk-01234567”"])
def test_a_key_that_no_header_can_hold_is_one_sentence_without_it(tmp_path, monkeypatch, key):
    monkeypatch.setattr("os.environ", {**__import__("os").environ, KEY_ENV: key})
    with running_teacher(tmp_path, count=1, key_env=KEY_ENV) as teacher:
        with pytest.raises(ConfigError, match=f"the environment variable {KEY_ENV} holds no key") as caught:
            teacher.ask()
        assert key not in str(caught.value) and not teacher.server.log


ENDPOINT = {
    "model": "m",
    "api_key_env": None,
    "parameters": {},
    "most_tokens": 5,
    "typical_tokens": 5,
    "price": None,
}


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1",
        "http://[teacher]/v1",
        "https://teacher.org:99999/v1",
        "https://teacher.org:port/v1",
        "https://teacher..org/v1",
        f"https://{'a' * 64}.org/v1",
        "http://:80/v1",
        "https:///v1",
        "teacher.org/v1",
    ],
)
def test_an_address_that_is_none_is_one_sentence_before_the_first_call(address):
    with pytest.raises(ConfigError) as caught:
        parse_settings(Endpoint, {"base_url": address, **ENDPOINT}, "config: teacher.endpoints.r1")
    assert str(caught.value).startswith(
        "config: teacher.endpoints.r1.base_url: this value (not shown) should "
    )
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "local",
        "https://api.deepseek.com",
        "http://localhost:8000/v1",
        "http://[::1]:8000/v1",
        "https://exämple.org/v1",
    ],
)
def test_an_address_that_is_one_is_taken(address):
    assert parse_settings(Endpoint, {"base_url": address, **ENDPOINT}, "config").base_url == address


HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202egpj.exe \x9b31m \ud83d"


def test_nothing_in_a_message_reaches_the_terminal_as_a_command(tmp_path, monkeypatch, capfd, no_waiting):
    refuse = lambda handler: handler.send_json(503, {"error": {"message": HOSTILE}})  # noqa: E731
    with (
        running_teacher(tmp_path, count=1, faults=[refuse] * 3) as teacher,
        pytest.raises(SystemExit),
        rule_log(tmp_path / "rule.log"),
    ):
        teacher.ask()
    log, screen = (tmp_path / "rule.log").read_text("utf-8"), capfd.readouterr().err
    # the log holds the warnings of two attempts and the traceback, the screen the sentence
    assert log.count(r"\x1b[2J\x1b]0;owned\x07 \u202egpj.exe \x9b31m") >= 3
    assert r"answers 503: \x1b[2J\x1b]0;owned\x07 \u202egpj.exe \x9b31m" in screen
    for text in (log, screen.replace("\r", "")):
        assert text == visible(text)


def test_an_unexpected_error_is_made_visible_too(tmp_path, capfd):
    # pytest keeps what is logged and could not send half a character from one process to another
    whole = HOSTILE.replace("\ud83d", "")
    with pytest.raises(SystemExit), rule_log(tmp_path / "rule.log"):
        logging.getLogger("x").warning("said %s", whole)
        raise RuntimeError(HOSTILE)
    shown = r"\x1b[2J\x1b]0;owned\x07 \u202egpj.exe \x9b31m \ud83d"
    assert f"Error: unexpected RuntimeError: {shown} [log: " in capfd.readouterr().err
    log = (tmp_path / "rule.log").read_text("utf-8")
    assert f"said {shown.removesuffix(chr(92) + 'ud83d')}\n" in log and f"RuntimeError: {shown}\n" in log


def test_what_a_terminal_shows_stays_as_it_is():
    text = "Zoë says: 答えは 👍\n\tnext line"
    assert visible(text) == text


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": float("nan")},
        {"money": float("nan")},
        {"money": float("inf")},
        {"tokens": 10**300},
        {"tokens": 1e300},
        {"money": 1e300},
        {"tokens": -1},
        {"money": "1"},
        {"tokens": None},
        {"key": "short"},
        {"event": "guessed"},
        {"reply": {}},
        {"reply": {"content": 5}},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 1], ids=["asked", "answered"])
def test_a_line_of_the_cache_that_no_call_wrote_is_named(tmp_path, change, place):
    with running_teacher(tmp_path, count=1) as teacher:
        teacher.ask()
        lines = [json.loads(line) for line in teacher.cache.read_text("utf-8").splitlines()]
        if "content" in change.get("reply", {}):
            change = {"reply": {**lines[1]["reply"], **change["reply"]}}
        lines[place] |= change
        teacher.cache.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        with pytest.raises(
            DataError, match=rf"cache.jsonl:{place + 1}: not a line of a teacher's cache: "
        ) as caught:
            teacher.ask(limit=Limit(tokens=100, money=0, currency="USD"))
        assert "delete this line" in str(caught.value)
        assert len(teacher.server.log) == 1


def test_deleting_a_damaged_line_costs_no_answer_of_another(tmp_path):
    with running_teacher(tmp_path, count=2) as teacher:
        expected = teacher.ask(ONE_AT_A_TIME)
        lines = teacher.cache.read_bytes().splitlines(keepends=True)
        teacher.cache.write_bytes(b"".join(lines[1:]))  # the first is `asked`
        assert teacher.ask() == expected
        assert len(teacher.server.log) == 2


def test_a_cache_of_an_earlier_version_is_read_and_asks_nothing_again(tmp_path):
    with running_teacher(tmp_path, count=1) as teacher:
        key = teacher.requests[0].key
        reply = {
            "model": "m",
            "content": "yes",
            "reasoning_content": "so",
            "refusal": False,
            "finish_reason": "stop",
            "n_prompt_tokens": 40,
            "n_new_tokens": 9,
        }
        lines = [
            {"event": "asked", "key": key, "tokens": 500, "money": 0.1},
            {"event": "unbilled", "key": key},
            {"event": "asked", "key": key, "tokens": 500, "money": 0.1},
            {"event": "asked", "key": key, "tokens": 500, "money": 0.1},
            {"event": "answered", "key": key, "tokens": 49, "money": 0.01, "reply": reply},
        ]
        teacher.cache.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        assert teacher.ask()[0].answer == "yes" and not teacher.server.log
        with Cache(teacher.cache) as cache:
            assert (cache.paid, cache.cut_off) == (Spend(49, 0.01), Spend(500, 0.1))


def test_requests_for_traces_have_the_keys_that_earlier_caches_hold():
    [request] = trace_requests(make_questions(1), REMOTE.changed(parameters={"temperature": 0}))
    assert request.key == "996f27716dd418efb3c5b34cc535b0be187a8dcd5985419becef9cd666d11e50"
