"""Statistics of the released generations under both scorers: what the tables of the replay must say."""

import pytest
from support.examples import ROOT
from tracekd.core.records import write_records
from tracekd.datasets import get_dataset
from tracekd.datasets.anchors import join_anchors
from tracekd.datasets.rows import Grid
from tracekd.scoring import SCORERS
from tracekd.scoring.score import write_scores
from tracekd.statistics.settings import read_settings
from tracekd.tables.comparisons import comparisons_table
from tracekd.tables.scores import read_scores
from tracekd.tables.statistics import statistics_table

CHOICES = read_settings(ROOT / "config" / "statistics.yaml")
SETTINGS = CHOICES.changed(bootstrap=CHOICES.bootstrap.changed(resamples=1000))
MODELS = ["Llama-3.2-1B-Instruct", "Qwen3-1.7B"]
GRID = Grid(["cotempqa", "babi"], MODELS, ["prompt_only", "none", "correct", "incorrect"])


@pytest.fixture(scope="module")
def scores(released, tmp_path_factory):
    """Scores of all released generations."""
    folder, paths = tmp_path_factory.mktemp("replay"), []
    for dataset in GRID.datasets:
        questions, generations = released(dataset)
        steps = [step.name for step in get_dataset(dataset).steps]
        for (model, arm), texts in generations.items():
            for scorer in SCORERS.values():
                paths.append(folder / dataset / model / arm / f"seed42.{scorer.name}.csv")
                scores = scorer.judge(questions, texts, arm)
                write_scores(scores, paths[-1], scorer.measures, steps)
    files = [folder / f"{dataset}.jsonl" for dataset in GRID.datasets]
    for path in files:
        write_records(released(path.stem)[0], path)
    return join_anchors(read_scores(paths), files)


@pytest.fixture(scope="module")
def statistics(scores):
    table = statistics_table(scores, GRID, SETTINGS)
    return table.set_index(["dataset", "model", "arm", "scorer", "step"]).sort_index()


def test_published_matrices_of_the_released_generations(statistics):
    trace = statistics.xs("trace", level="step").xs("published", level="scorer")
    answers = (trace["both_ok"] + trace["answer_only_ok"]).loc["cotempqa"].unstack("arm")
    assert answers.loc[MODELS[0]].to_dict() == {"correct": 403, "incorrect": 371}
    assert answers.loc[MODELS[1], "correct"] == 512
    # the 30 items that enter no matrix have 14 of the 532 right answers
    assert answers.loc[MODELS[1], "incorrect"] == 518
    assert trace["n"].loc["cotempqa"].tolist() == [950, 950, 950, 920]
    babi = trace.loc["babi", MODELS[0], "correct"]
    assert babi[["both_ok", "answer_only_ok", "trace_only_ok", "neither_ok"]].tolist() == [86, 269, 5, 16]


def test_the_published_trace_is_weakly_associated_and_the_retrieval_negatively(statistics):
    phi = statistics["phi"].xs("published", level="scorer").loc["cotempqa"]
    assert (phi.xs("trace", level="step") < 0.12).all()
    assert (phi.xs("facts", level="step") < 0).all()
    assert statistics.loc[("cotempqa", MODELS[0], "correct", "published", "trace"), "chi2"] > 3.841


def test_intervals_take_questions_about_one_entity_together(statistics, scores):
    assert set(statistics.loc["cotempqa"]["clusters"]) == {627, 606}
    row = statistics.loc["cotempqa", MODELS[0], "correct", "aligned", "facts"]
    assert row["phi_low"] < row["phi_item_low"] < row["phi_item_high"] < row["phi_high"]
    # phi survives, a contrast of arms does not; independently 3.4 [0.1, 6.4] becomes [-0.7, 7.5]
    table = comparisons_table(scores, GRID, SETTINGS).query("dataset == 'cotempqa' and fixed == @MODELS[0]")
    pair = table.query("scorer == 'published' and first == 'correct' and second == 'incorrect'").iloc[0]
    assert pair["clusters"] == 627
    assert pair["difference_item_low"] > 0 > pair["difference_low"]
    assert 100 * pair["difference"] == pytest.approx(3.4, abs=0.05)


def test_against_its_own_gold_retrieval_makes_the_association(statistics):
    for model in MODELS:
        row = statistics.loc["cotempqa", model, "correct", "aligned"]
        assert row.loc["facts", "phi"] > row.loc["trace", "phi"] > 0.6
        assert 0.1 < row.loc["class", "phi"] < 0.2
        assert (row["marginal_verdict"] == "dependent").all()
        # the class step is associated between classes, not within
        assert row["verdict"].to_dict() == {"class": "undecided", "facts": "dependent", "trace": "dependent"}


def test_both_scorers_refuse_babi_after_incorrect_traces(statistics):
    rows = statistics.loc["babi", MODELS[0], "incorrect"]
    for scorer in SCORERS:
        assert rows.loc[(scorer, "trace"), ["verdict", "note"]].tolist() == ["refused", "no right trace"]


def test_prompted_models_answered_other_items(scores):
    table = comparisons_table(scores, GRID, SETTINGS)
    prompted = table.query("dataset == 'cotempqa' and first == 'prompt_only'")
    assert set(prompted["n"]) == {534}
    assert set(prompted["unpaired"]) == {832}
    trained = table.query("first != 'prompt_only' and fixed != 'prompt_only'")
    assert set(trained["unpaired"]) == {0}
