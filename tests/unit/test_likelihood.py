"""Log-likelihoods behind rows that share what they begin with are those of a plain pass over each text."""

import pytest
import torch
from tracekd.adapters import likelihood
from tracekd.adapters.decoding import Reader, Writer
from tracekd.adapters.likelihood import weigh

HEAD = [5, 90, 91, 92, 17]
TAILS = [[64, 33], [70, 71, 72, 73], [33]]
CONTINUATIONS = [[7, 9], [8, 9, 10, 11, 12], [90, 91, 90], [7, 7], [8, 9, 10, 11, 13]]


def plain(model, tail, continuation):
    """Sum the log-probabilities of one continuation by one pass over the whole text."""
    ids = torch.tensor([HEAD + tail + continuation])
    with torch.inference_mode():
        log_p = model(input_ids=ids).logits[0].log_softmax(-1)
    start = len(HEAD + tail) - 1
    return sum(float(log_p[start + place, token]) for place, token in enumerate(continuation))


def read(model, tails=TAILS):
    """A reader that has read every tail behind the one head, and the logits behind them."""
    reader = Reader(model, 0)
    reader.read([HEAD])
    reader.keep([0] * len(tails))
    return reader, reader.read(tails)


def write(reader, behind, most):
    """The greedy answers behind every row."""
    writer = Writer({1}, most)
    writer.add(range(len(behind)), [reader], behind)
    answers = writer.write()
    return [answers[row] for row in range(len(behind))]


def shared(model, tails=TAILS, continuations=CONTINUATIONS):
    """All of them at once, as the experiment asks for them."""
    with torch.inference_mode():
        return weigh(*read(model, tails), continuations)[0]


@pytest.fixture(scope="module")
def expected(base):
    return [[plain(base, tail, one) for one in CONTINUATIONS] for tail in TAILS]


def close(expected, tolerance=1e-4):
    return [pytest.approx(row, abs=tolerance) for row in expected]


def test_they_are_those_of_a_plain_pass_over_each_text(base, expected):
    found = shared(base)
    assert found.shape == (3, 5) and found.dtype is torch.float32
    assert found.tolist() == close(expected)


def test_none_depends_on_what_is_asked_beside_it(base, expected):
    alone = [[float(shared(base, [tail], [one])) for one in CONTINUATIONS] for tail in TAILS]
    assert alone == close(expected)


def test_nor_on_how_many_rows_memory_allows_at_once(base, expected, monkeypatch):
    monkeypatch.setattr(likelihood, "LOGITS_AT_ONCE", 1)
    assert shared(base).tolist() == close(expected)


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize("method", ["read", "branch"])
def test_logits_one_place_off_would_be_seen(base, expected, monkeypatch, method, shift):
    plain_method = getattr(Reader, method)

    def shifted(*args):
        # behind a row there is one place only: the next token's logits stand there
        axis = 2 if method == "read" else 1
        return plain_method(*args).roll(shift, dims=axis)

    monkeypatch.setattr(Reader, method, shifted)
    assert shared(base).tolist() != close(expected, 1e-2)


def test_positions_one_place_off_would_be_seen(base, expected, monkeypatch):
    branch = Reader.branch

    def later(reader, continuations):
        reader.mask[:, 0] = 2  # every branch stands one place further on
        return branch(reader, continuations)

    monkeypatch.setattr(Reader, "branch", later)
    assert shared(base).tolist() != close(expected, 1e-3)


def test_a_continuation_that_greedy_decoding_would_write_is_known(base):
    with torch.inference_mode():
        reader, behind = read(base)
        told = write(reader.copy([0, 1, 2]), behind, 4)
        found = weigh(reader, behind, [[7, 9], told[0], told[1], [*told[0][:-1], 9]]).greedy.tolist()
    assert [row[0] or row[3] for row in found] == [False] * 3
    assert found[0][1] and found[1][2] and (found[0][2] == (told[0] == told[1]))


def test_what_is_written_afterwards_is_that_of_a_reader_that_weighed_nothing(base):
    def told(weighing):
        with torch.inference_mode():
            reader, behind = read(base)
            if weighing:
                weigh(reader, behind, CONTINUATIONS)
            return write(reader, behind, 6)

    assert told(weighing=True) == told(weighing=False)
