"""What rules are told about a run, without Snakemake's DAG."""

import copy
import re

import pytest
from snakemake.io import get_flag_value
from snakemake.utils import update_config
from support.examples import ROOT
from tracekd.core.checks import read_yaml
from tracekd.core.errors import ConfigError
from tracekd.workflow import (
    data,
    dose,
    experiment,
    generation,
    intervention,
    models,
    page,
    paths,
    study,
    study_analysis,
    teacher_traces,
    trace_types,
    traces,
    trade_off,
)
from tracekd.workflow.directives import any_of, figure, figures, growing, name_job, table, tables
from tracekd.workflow.run import Run, read_run

DEMO = read_yaml(ROOT / "config.yaml")


def make_run(name: str | None = None, **changes) -> Run:
    """The demo, or the run of a shipped configuration, with other values of some keys."""
    config = copy.deepcopy(DEMO)
    if name:
        update_config(config, read_yaml(ROOT / f"config/{name}.yaml"))
    return read_run({**config, **changes})


def test_a_job_covers_one_cell_or_all_cells_of_a_dataset_and_model():
    arms = ["prompt_only", "none"]
    one = make_run(arms=arms, seeds=[3, 4], one_job_per="adapter")
    assert one.per_cell(paths.SCORES, one.arms) == [paths.SCORES]
    many = make_run(arms=arms, seeds=[3, 4], one_job_per="model")
    assert many.per_cell("{model}/{arm}/{seed}", many.arms) == [
        "{model}/prompt_only/3",
        "{model}/none/3",
        "{model}/none/4",
    ]
    some = make_run(arms=arms, seeds=[3, 4], one_job_per="seeds")
    assert some.per_cell("{model}/{arm}/{seed}", some.sft_arms) == ["{model}/{arm}/3", "{model}/{arm}/4"]
    assert some.per_cell("{dataset}/{arm}", some.sft_arms) == ["{dataset}/{arm}"]
    # `prompt_only` has one seed, so no pattern stands for it and the others
    assert some.per_cell("{arm}/{seed}", some.arms) == ["prompt_only/3", "none/3", "none/4"]
    # a file per arm is named once
    assert many.per_cell("{dataset}/{arm}", many.arms) == ["{dataset}/prompt_only", "{dataset}/none"]


def test_without_sft_one_seed_is_enough_for_the_whole_run():
    run = make_run(datasets=["babi"], models=["tiny-llama"], arms=["prompt_only", "none"], seeds=[3, 4])
    assert run.get_cells(run.arms) == [
        ("babi", "tiny-llama", "prompt_only", 3),
        ("babi", "tiny-llama", "none", 3),
        ("babi", "tiny-llama", "none", 4),
    ]
    assert run.per_run("{run}/{dataset}/{arm}{seed}", ["none"]) == ["{run}/babi/none3", "{run}/babi/none4"]


def test_every_fills_in_what_the_run_knows_and_leaves_the_rest():
    run = make_run(datasets=["babi", "cotempqa"], scorers=["aligned"])
    assert run.every("{run}/{dataset}.{scorer}", "{dataset}/seed{seed}") == [
        "demo/babi.aligned",
        "demo/cotempqa.aligned",
        "babi/seed{seed}",
        "cotempqa/seed{seed}",
    ]
    assert run.every("{kind}/{arm}", kind=["a"], arm=["none"]) == ["a/none"]
    assert run.every("{dataset}/{arm}", arm=[]) == []


def test_scores_are_of_every_scorer():
    run = make_run(datasets=["babi"], models=["tiny-llama"], seeds=[0])
    files = run.get_scores(["none"])
    assert files == [f"results/{{run}}/scores/babi/tiny-llama/none/seed0.{one}.csv" for one in run.scorers]


def test_arms_by_kind():
    arms = ["prompt_only", "none", "class_only", "empty_trace", "correct"]
    run = make_run(arms=arms)
    assert run.sft_arms == arms[1:]
    assert run.traced_arms == ["correct"]
    assert intervention.get_thinking_arms(run) == ["class_only", "empty_trace", "correct"]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        (None, "simulated corpora, tiny models"),
        ("teacher_demo", "simulated corpora, tiny models, synthetic teacher"),
        ("real_small", "tiny models"),
        ("paper", ""),
        ("replay", ""),
    ],
)
def test_the_note_says_what_is_not_real(name, note):
    assert make_run(name).note == note


def test_what_is_made_here_and_what_is_fetched_are_told_apart():
    demo, paper = make_run(), make_run("paper")
    assert data.get_fetched(demo) == [] and models.get_fetched(demo) == []
    assert data.get_fetched(paper) == paper.datasets and models.get_fetched(paper) == paper.models
    assert set(data.get_sizes(demo)) == set(demo.datasets) and data.get_sizes(paper) == {}
    assert set(traces.get_corpus_notes(demo).values()) == {"simulated corpus"}
    assert set(traces.get_corpus_notes(paper).values()) == {""}


def test_the_grid_of_a_replay_is_what_was_released():
    run = make_run("replay")
    assert run.replay and set(run.datasets) <= set(run.config["replay"]["datasets"])
    assert run.get_cells(["none"]) == [cell for cell in run.replay.cells if cell[2] == "none"]
    assert {cell[1] for cell in run.get_cells(run.arms)} == set(run.models)
    # nothing is trained, so no registry is asked
    assert not run.dataset_entries and not run.model_entries


def test_the_page_shows_settings_of_training_only_where_the_run_trains():
    assert {"training", "generation"} <= set(page.describe_run(make_run())["settings"])
    assert set(page.describe_run(make_run("replay"))["settings"]) == {"replay"}


def test_a_replay_refuses_what_it_cannot_have():
    teacher = read_yaml(ROOT / "config/teacher_demo.yaml")["teacher"]
    with pytest.raises(ConfigError, match="config: teacher: a replay asks no teacher"):
        make_run("replay", teacher=teacher)
    with pytest.raises(ConfigError, match=r"config: limit: a replay scores all the questions .*limit: {}"):
        make_run("replay", limit={"cotempqa": {"test": 9}})


def test_a_limit_holds_for_the_datasets_that_it_names():
    run = make_run(limit={"babi": {"train": 8, "characters": 600}})
    assert run.limits == {"cotempqa": {}, "ms_marco": {}, "babi": {"train": 8, "characters": 600}}
    with pytest.raises(ConfigError, match=r"config: limit: 'babl' is unknown; did you mean 'babi'\?"):
        make_run(limit={"babl": {"train": 8}})
    with pytest.raises(ConfigError, match=r"config: limit\.babi\.train: 0 should be"):
        make_run(limit={"babi": {"train": 0}})


def test_a_run_without_registry_entry_ends_in_one_sentence():
    with pytest.raises(ConfigError, match="config: datasets: 'ms_marco' is unknown"):
        make_run(registry="config/datasets_real_small.yaml", datasets=["ms_marco"])


def test_an_arm_without_sft_needs_no_adapter():
    run = make_run(one_job_per="adapter")
    assert generation.get_adapters(run, paths.WEIGHTS)({"arm": "prompt_only"}) == []
    assert generation.get_adapters(run, paths.WEIGHTS)({"arm": "none"}) == [paths.WEIGHTS]
    some = make_run(arms=["prompt_only", "none"], seeds=[1, 2], one_job_per="seeds")
    assert generation.get_adapters(some, "{arm}/{seed}")({}) == ["none/1", "none/2"]
    whole = make_run(arms=["prompt_only", "none"], seeds=[1])
    assert generation.get_adapters(whole, paths.WEIGHTS)({}) == [
        paths.fill(paths.WEIGHTS, arm="none", seed=1)
    ]


def test_features_that_a_configuration_asks_for():
    demo = make_run()
    assert intervention.has_interventions(demo) and demo.has_both_scorers
    assert not dose.has_dose(demo) and not demo.has_teacher and not trade_off.has_ratings(demo)
    assert not intervention.has_interventions(make_run(interventions=[]))
    assert not intervention.has_interventions(make_run(arms=["prompt_only", "none"]))
    # there is no adapter to ask
    assert not intervention.has_interventions(make_run(level="outputs"))
    assert dose.has_dose(make_run("dose_demo")) and dose.has_dose(make_run(arms=["wrong_class"]))
    assert not make_run(scorers=["aligned"]).has_both_scorers
    assert trade_off.has_ratings(make_run("teacher_demo", study=None))


def test_responses_are_those_that_the_arms_quote():
    run = make_run("teacher_demo", arms=["none", "r1_summary"], study=None)
    assert teacher_traces.get_sources(run) == {"r1_summary": "r1_summary"}
    assert teacher_traces.get_run_responses(run) == [
        "results/teacher_demo/teacher/cotempqa/r1.jsonl",
        "results/teacher_demo/teacher/cotempqa/r1_summary.jsonl",
    ]
    assert teacher_traces.get_run_responses(make_run()) == []


def test_tokens_are_counted_where_there_is_a_model():
    assert trace_types.get_tokenizer(make_run()) == "results/{run}/models/tiny-llama"
    assert trace_types.get_tokenizer(make_run(level="outputs")) == []


def test_what_comes_from_invented_participants_says_so(tmp_path):
    run = make_run("teacher_demo")
    assert run.study and run.study.is_simulated
    assert study_analysis.get_prefix(run.study) == "study_SIMULATED_"
    assert study_analysis.get_category(run.study) == "Study, SIMULATED participants"
    assert study_analysis.get_note(run).startswith("SIMULATED participants, simulated corpora")
    assert trade_off.get_stem(run) == "study_SIMULATED_trade_off"
    assert trade_off.get_own_ratings(run) == "results/{run}/tables/study_SIMULATED_ratings.csv"
    assert study_analysis.get_exports(run.study, run.name) == "results/teacher_demo/study/SIMULATED_responses"
    assert study.get_shown_traces(run.study)[0] == "results/{run}/traces/cotempqa/correct.jsonl"

    for name in ("b.json", "a.json"):
        (tmp_path / name).touch()
    definition = tmp_path / "study.yaml"
    text = (ROOT / "config/study.yaml").read_text("utf-8")
    table_of_answers = 'answers: {table: "results/{run}/judged.csv", column: ok}'
    text = text.replace("responses: simulate", f"responses: {tmp_path}").replace(
        "answers: null", table_of_answers
    )
    text = re.sub(r"(?m)^contact: .*$", "contact: Jane Doe", text)
    definition.write_text(text, "utf-8")
    real = make_run("teacher_demo", study=str(definition))
    assert study_analysis.get_category(real.study) == "Study"
    assert study_analysis.get_prefix(real.study) == "study_" and trade_off.get_stem(real) == "trade_off"
    assert study_analysis.get_folder(real.study, real.name) == str(tmp_path)
    exports = study_analysis.get_exports(real.study, real.name)
    assert exports == [f"{tmp_path}/{name}" for name in ("a.json", "b.json", "study.yaml")]
    assert study.get_answers(real.study) == ["results/{run}/judged.csv"]


def test_the_trade_off_shows_our_scorer_where_there_is_one():
    assert trade_off.get_scorer(make_run()) == "aligned"
    assert trade_off.get_scorer(make_run(scorers=["published"])) == "published"


def test_a_table_comes_twice_and_its_csv_with_a_caption():
    outputs = table("datasets")
    assert list(outputs) == ["csv", "md"]
    assert outputs["md"] == "results/{run}/tables/datasets.md"
    entry = get_flag_value(outputs["csv"], "report")
    assert entry.caption == "../resources/captions/datasets.rst" and entry.category == "Tables"
    assert entry.labels == {"result": "datasets", "form": "spreadsheet"}
    assert get_flag_value(table("notes", category=None)["csv"], "report") is None
    several = tables("follow", matrix="trace_answer_matrix", category="Study")
    assert list(several)[:2] == ["follow_csv", "follow_md"]
    assert several["matrix_md"] == "results/{run}/tables/trace_answer_matrix.md"


def test_a_figure_comes_three_times_and_the_report_tells_its_files_apart():
    outputs = figure("value_{dataset}.{scorer}", "accuracy")
    assert outputs["pdf"] == "figures/{run}/value_{dataset}.{scorer}.pdf"
    entry = get_flag_value(outputs["svg"], "report")
    assert entry.caption == "../resources/captions/value.rst"
    assert entry.labels == {"result": "accuracy", "dataset": "{dataset}", "scorer": "{scorer}"}
    likert = get_flag_value(figure("<study>likert", "ratings")["svg"], "report")
    assert likert.caption == "../resources/captions/study_likert.rst"


def test_figures_that_one_job_draws_bear_their_values_in_name_and_label():
    outputs = figures("matrix_{arm}", "trace and answer", arm=["none", "correct"])
    assert outputs["pdf"] == ["figures/{run}/matrix_none.pdf", "figures/{run}/matrix_correct.pdf"]
    entries = [get_flag_value(svg, "report") for svg in outputs["svg"]]
    assert [entry.labels for entry in entries] == [
        {"result": "trace and answer", "arm": "none"},
        {"result": "trace and answer", "arm": "correct"},
    ]
    assert {entry.caption for entry in entries} == {"../resources/captions/matrix.rst"}


@pytest.mark.parametrize(
    ("output", "job"),
    [
        ("results/{run}/tables/results.csv", "all"),
        ("results/{run}/traces/{dataset,babi|ms_marco}/{arm}.jsonl", "{dataset}.{arm}"),
        (paths.SCORES, "{dataset}.{model}.{arm}.seed{seed}.{scorer}"),
    ],
)
def test_jobs_of_a_rule_are_told_apart_by_their_wildcards(output, job):
    assert name_job(output) == job


def test_names_and_resources():
    assert any_of(["Qwen3-1.7B", 3]) == r"Qwen3\-1\.7B|3"
    # an empty list matches nothing
    assert any_of([]) == "(?!)"
    assert [growing(500)(None, attempt) for attempt in (1, 3)] == [500, 1500]


def test_the_experiment_is_that_of_a_file_behind_the_runs_own_and_needs_adapters():
    assert experiment.get_experiment(make_run()) is None
    settings = read_yaml(ROOT / "config/experiment.yaml")
    run = make_run("small_llm", **settings)
    assert experiment.get_experiment(run)["items"] == 100
    assert experiment.get_teacher_traces(run) == []
    assert experiment.get_experiment(make_run("replay", **settings)) is None


def test_the_experiment_reads_a_teachers_traces_where_the_run_has_a_teacher():
    run = make_run("teacher_demo", **read_yaml(ROOT / "config/experiment.yaml"))
    assert experiment.get_teacher_traces(run) == ["results/{run}/teacher/{dataset}/r1.jsonl"]
    without = read_yaml(ROOT / "config/experiment.yaml")["experiment"] | {"traces": ["gold"]}
    assert experiment.get_teacher_traces(make_run("teacher_demo", experiment=without)) == []
