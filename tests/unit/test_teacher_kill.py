"""A run that is killed while it asks, again and again, ends as if nothing had happened."""

import multiprocessing
import os
import random
import sys
import time
from collections import Counter

import pytest
from support.teacher_servers import ask_and_write, running_teacher
from tracekd.teacher.cache import Cache

KILLS = 20
QUESTIONS = 240
PAUSE_S = 0.01


@pytest.fixture(scope="module")
def processes():
    """Processes that start at once: the server of forks has imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.teacher_servers"])
    with pytest.MonkeyPatch.context() as patch:
        # before Python 3.12 the server of forks looks for modules in the environment's path only
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        context.Process(target=int).start()
        yield context


def test_sigkill_at_20_random_moments_asks_nothing_twice_and_changes_no_byte(tmp_path, processes):
    rng = random.Random(0)
    whole, out = tmp_path / "whole.jsonl", tmp_path / "r1.jsonl"
    with running_teacher(tmp_path, QUESTIONS) as teacher:
        ask_and_write(teacher.endpoint, teacher.questions, tmp_path / "calm.jsonl", whole)
    with running_teacher(tmp_path, QUESTIONS, pause_s=PAUSE_S) as teacher:
        asked = {request.messages[0]["content"]: request.key for request in teacher.requests}

        def start():
            arguments = (teacher.endpoint, teacher.questions, teacher.cache, out)
            process = processes.Process(target=ask_and_write, args=arguments)
            process.start()
            return process

        stored_at = []  # (requests that the server had seen, keys that were stored) at every kill
        for _ in range(KILLS):
            process = start()
            # killed after so many more requests, and at any moment of the next one
            goal = len(teacher.server.log) + rng.randrange(1, QUESTIONS // KILLS)
            while len(teacher.server.log) < goal:
                assert process.exitcode is None, "ended before it could be killed"
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 2 * PAUSE_S))
            process.kill()
            process.join()
            assert process.exitcode == -9 and not out.exists()
            with Cache(teacher.cache) as cache:
                stored_at.append((len(teacher.server.log), set(cache.replies)))
        process = start()
        process.join()
        assert process.exitcode == 0
        assert out.read_bytes() == whole.read_bytes()
        seen = [asked[prompt] for prompt in teacher.server.log]
        for number, stored in stored_at:
            assert not stored & set(seen[number:])
        assert set(seen) == set(asked.values())
        # only what was under way at a kill came twice
        assert sum(Counter(seen).values()) - QUESTIONS <= KILLS * 4
        assert len({len(stored) for _, stored in stored_at}) > KILLS // 2
