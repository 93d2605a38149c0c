"""How far runs lie apart stands in config/statistics.yaml as the stated accuracies of five runs give it."""

import pytest
from support.examples import ROOT
from support.run_to_run import measure_run_to_run
from tracekd.claims.ledger import read_claims
from tracekd.statistics.settings import read_settings


def test_the_spread_of_runs_is_that_of_the_stated_ones():
    stated = read_settings(ROOT / "config/statistics.yaml").claims.run_to_run.model_dump()
    measured = measure_run_to_run(read_claims(ROOT / "config/claims.yaml"))
    assert stated == {arm: pytest.approx(ratio, abs=0.005) for arm, (ratio, _) in measured.items()}
    assert {arm: degrees for arm, (_, degrees) in measured.items()} == {
        "none": 31,
        "correct": 32,
        "incorrect": 32,
        "other": 95,
    }
