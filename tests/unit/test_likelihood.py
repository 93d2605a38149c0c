"""Log-likelihoods behind a shared prompt are those of a plain forward pass over each text."""

import pytest
import torch
from tracekd.adapters.decoding import Reader
from tracekd.adapters.likelihood import log_likelihoods

PROMPT = [5, 90, 91, 92, 17, 64, 33]
CONTINUATIONS = [[7], [8, 9, 10, 11, 12], [90, 91, 90], [7, 7], [8, 9, 10, 11, 13]]


def plain(model, continuation):
    """Sum the log-probabilities of one continuation by one pass over the whole text."""
    ids = torch.tensor([PROMPT + continuation])
    with torch.inference_mode():
        log_p = model(input_ids=ids).logits[0].log_softmax(-1)
    start = len(PROMPT) - 1
    return sum(float(log_p[start + place, token]) for place, token in enumerate(continuation))


@pytest.fixture(scope="module")
def expected(base):
    return [plain(base, continuation) for continuation in CONTINUATIONS]


def test_they_are_those_of_a_plain_pass_over_each_text(base, expected):
    found = log_likelihoods(base, PROMPT, CONTINUATIONS, pad=0)
    assert found.shape == (5,) and found.dtype is torch.float32
    assert found.tolist() == pytest.approx(expected, abs=1e-4)


def test_none_depends_on_what_is_asked_beside_it(base, expected):
    alone = [float(log_likelihoods(base, PROMPT, [one], pad=0)) for one in CONTINUATIONS]
    assert alone == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("shift", [-1, 1])
def test_logits_one_place_off_would_be_seen(base, expected, monkeypatch, shift):
    read = Reader.read
    monkeypatch.setattr(Reader, "read", lambda *args, **options: read(*args, **options).roll(shift, dims=1))
    found = log_likelihoods(base, PROMPT, CONTINUATIONS, pad=0).tolist()
    assert found != pytest.approx(expected, abs=1e-2)
