"""
What the other files of this folder use: the checked configuration, wildcards, paths and input functions.

The only file with Python functions. A fault of the configuration ends here, in one sentence, before any job.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from tracekd.core.checks import check_names
from tracekd.models.registry import read_models
from tracekd.workflow.config import check_config
from tracekd.core.errors import TraceKDError
from tracekd.datasets.registry import read_registry
from tracekd.released.registry import plan_replay
from tracekd.sources.kinds import local_files
from tracekd.scoring.aligned import ARM_STEPS, BARE_ARMS, BOTH_STEPS
from tracekd.study.definition import check_study, read_study
from tracekd.teacher.responses import KINDS, TRACE
from tracekd.teacher.traces import SOURCES
from tracekd.traces.build import ARMS, DOSE_ARMS, PROMPT_ONLY, TEACHER_ARMS

# released generations are scored in place of our own
IS_REPLAY = "replay" in config

try:
    MODELS = read_models()
    check_config(config, MODELS)
    if IS_REPLAY:
        REPLAY = plan_replay(
            config["replay"], config["seeds"], MODELS, config["mirror"]
        )
        # everything after the scores works on the grid that was found
        config.update(REPLAY.grid)
    else:
        REGISTRY = read_registry(config["registry"])
        check_names(
            config["datasets"],
            REGISTRY,
            "config: datasets",
            f"see {config['registry']}",
        )
    STUDY = read_study(config["study"]) if config.get("study") else None
    if STUDY:
        check_study(STUDY, config)
except TraceKDError as error:
    sys.exit(f"Error: {error}")

SFT_ARMS = [arm for arm in config["arms"] if arm != PROMPT_ONLY]
# arms whose traces have both steps, so that trace and answer can be held against each other
TRACED_ARMS = [arm for arm in SFT_ARMS if ARM_STEPS.get(arm, BOTH_STEPS) == BOTH_STEPS]
# arms that write something between think tags, so that a trace can be set there
THINKING_ARMS = [arm for arm in SFT_ARMS if arm not in BARE_ARMS]
# set traces need adapters and the base they belong to
HAS_INTERVENTIONS = bool(
    config["interventions"] and THINKING_ARMS and config["level"] != "outputs"
)
# the run asks what the truth of its training traces is worth
HAS_DOSE = not IS_REPLAY and any(arm in DOSE_ARMS for arm in SFT_ARMS)
# a teacher was asked: which questions its answers keep is settled before anything is trained
HAS_TEACHER = not IS_REPLAY and "teacher" in config
# traces of some arm were rated: by the run's own study, or in a published one
HAS_TRADE_OFF = STUDY is not None or (
    HAS_TEACHER and not {"correct", *KINDS}.isdisjoint(SFT_ARMS)
)
HAS_BOTH_SCORERS = {"published", "aligned"} <= set(config["scorers"])


def get_regex(names):
    """Wildcard constraint that matches exactly these names, and nothing if there are none."""
    return "|".join(map(str, names)) or "(?!)"


def growing(amount):
    """A resource that a job asks for: this much, and as much again on each further attempt."""
    return lambda wildcards, attempt: amount * attempt


def is_simulated(dataset):
    """Whether the registry has the workflow itself write the dataset's raw files."""
    return REGISTRY[dataset].source.kind == "simulate"


def is_demo(model):
    """Whether a base model is a tiny one that the workflow trains."""
    return MODELS[model].source.kind == "demo"


def is_synthetic_teacher(endpoint):
    """Whether the workflow itself answers in place of an endpoint."""
    return endpoint["base_url"] == "local"


def get_note():
    """What is not real in a figure of this run's numbers; it stands in the figure itself."""
    if IS_REPLAY:
        return ""
    parts = ["simulated corpora"] if any(map(is_simulated, config["datasets"])) else []
    parts += ["tiny models"] if any(map(is_demo, config["models"])) else []
    endpoints = config.get("teacher", {}).get("endpoints", {}).values()
    parts += ["synthetic teacher"] if any(map(is_synthetic_teacher, endpoints)) else []
    return ", ".join(parts)


def get_corpus_note(wildcards):
    """What is not real in a figure of one dataset's items."""
    return "simulated corpus" if is_simulated(wildcards.dataset) else ""


wildcard_constraints:
    run=config["run"],
    dataset=get_regex(config["datasets"]),
    model=get_regex(config["models"]),
    arm=get_regex([*ARMS, *TEACHER_ARMS, PROMPT_ONLY]),
    seed=get_regex(config["seeds"]),
    scorer=get_regex(config["scorers"]),


# What one training or generation job covers. Loading a base can cost more than training on it, so a job may
# take all arms and seeds of a dataset and model; each adapter is an output of its own either way.
pathvars:
    job=(
        "{dataset}.{model}"
        if config["one_job_per"] == "model"
        else "{dataset}.{model}.{arm}.seed{seed}"
    ),


def get_cells(arms):
    """(arm, seed) pairs of these arms; without SFT there is nothing to seed, so one seed is enough."""
    return [
        (arm, seed)
        for arm in arms
        for seed in (config["seeds"][:1] if arm == PROMPT_ONLY else config["seeds"])
    ]


def per_cell(pattern, arms):
    """Outputs of one job: the pattern itself, or filled in for all arms and seeds (`one_job_per: model`)."""
    if config["one_job_per"] == "adapter":
        return [pattern]
    return [
        pattern.replace("{arm}", arm).replace("{seed}", str(seed))
        for arm, seed in get_cells(arms)
    ]


def get_job_cells(wildcards, arms):
    """(arm, seed) pairs that the job of these wildcards covers."""
    if config["one_job_per"] == "adapter":
        return [(wildcards.arm, wildcards.seed)]
    return get_cells(arms)


def get_traces(wildcards):
    """Trace files that a training job learns from."""
    arms = dict.fromkeys(arm for arm, _ in get_job_cells(wildcards, SFT_ARMS))
    return expand(
        "results/{run}/traces/{dataset}/{arm}.jsonl", arm=arms, allow_missing=True
    )


def get_run_traces(wildcards):
    """Trace files of the whole run."""
    return expand(
        "results/{run}/traces/{dataset}/{arm}.jsonl",
        run=config["run"],
        dataset=config["datasets"],
        arm=SFT_ARMS,
    )


def get_adapters(wildcards):
    """Adapters that a generation job applies; the arm without SFT has none."""
    return [
        path
        for arm, seed in get_job_cells(wildcards, config["arms"])
        if arm != PROMPT_ONLY
        for path in expand(
            "results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}/adapter_model.safetensors",
            arm=arm,
            seed=seed,
            allow_missing=True,
        )
    ]


def get_run_cells(arms):
    """(dataset, model, arm, seed) of these arms in the whole run; a replay has those that were released."""
    if IS_REPLAY:
        return [cell for cell in REPLAY.cells if cell[2] in arms]
    return [
        (dataset, model, arm, seed)
        for arm, seed in get_cells(arms)
        for dataset in config["datasets"]
        for model in config["models"]
    ]


def get_all_cells(pattern, arms):
    """The pattern for all datasets, models, arms, seeds and scorers of the run; other wildcards stay."""
    return [
        path
        for dataset, model, arm, seed in get_run_cells(arms)
        for path in expand(
            pattern,
            dataset=dataset,
            model=model,
            arm=arm,
            seed=seed,
            allow_missing=True,
        )
    ]


def get_scores(wildcards):
    """Score files of the whole run."""
    return expand(
        get_all_cells(
            "results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv",
            config["arms"],
        ),
        run=config["run"],
        scorer=config["scorers"],
    )


def get_training_logs(wildcards):
    """Loss logs of the whole run."""
    return expand(
        get_all_cells(
            "results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}/training_log.csv",
            SFT_ARMS,
        ),
        run=config["run"],
    )


def get_generations(wildcards):
    """Generation files of the whole run."""
    return get_all_cells(
        "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl",
        config["arms"],
    )


def get_mirror_files(wildcards):
    """Released files in the mirror, so that a changed one is read again."""
    return REPLAY.get_mirror_files(config["mirror"])


def get_baselines(wildcards):
    """Scores of the trivial baselines; a replay has no train split to learn them from."""
    return [] if IS_REPLAY else "results/{run}/tables/baselines.csv"


def get_questions(wildcards):
    """Question files of the whole run."""
    return expand(
        "results/{run}/questions/{dataset}.jsonl",
        run=config["run"],
        dataset=config["datasets"],
    )


def get_persona(wildcards):
    """Name of the assistant in the system message; None for no system turn."""
    return MODELS[wildcards.model].persona


def get_target_modules(wildcards):
    """Linear layers of a model that carry an adapter."""
    return MODELS[wildcards.model].target_modules


def get_sizes(wildcards):
    """How many raw rows of each kind a simulated corpus has."""
    return REGISTRY[wildcards.dataset].source.sizes


def get_reader_options(wildcards):
    """How the registry tells a dataset's reader to sample and split."""
    return REGISTRY[wildcards.dataset].options


def get_dataset_entry(wildcards):
    """What the registry says of a dataset, but for what only a forecast needs."""
    return REGISTRY[wildcards.dataset].model_dump(mode="json", exclude={"expected"})


def get_local_data(wildcards):
    """Files of a dataset that lies on this machine, so that a changed one is read again."""
    return local_files(REGISTRY[wildcards.dataset].source)


def get_model_entry(wildcards):
    """What the registry says of a model's files."""
    fields = {"source", "folder", "chat_template", "pad_token"}
    return MODELS[wildcards.model].model_dump(mode="json", include=fields)


def get_local_model(wildcards):
    """Files of a model that lies on this machine, so that a changed one is read again."""
    return local_files(MODELS[wildcards.model].source)


def get_model_settings(wildcards):
    """What a table of settings says of each model."""
    fields = {"persona", "target_modules"}
    return {name: MODELS[name].model_dump(include=fields) for name in config["models"]}


def get_architecture(wildcards):
    """Architecture of a tiny model."""
    return MODELS[wildcards.model].source.architecture


def get_model_seed(wildcards):
    """Seed of a tiny model's initialisation and pre-training."""
    return MODELS[wildcards.model].source.seed


def get_licences(wildcards):
    """Licence of every dataset of the run."""
    return {name: REGISTRY[name].licence for name in config["datasets"]}


# the published numbers are of real models and data
HAS_CLAIMS = HAS_BOTH_SCORERS and not get_note()


# study builder
def get_study_traces(wildcards):
    """Trace files that a study shows, in the order of its conditions."""
    return expand(
        f"results/{{run}}/traces/{STUDY.dataset}/{{arm}}.jsonl",
        arm=STUDY.arms,
        allow_missing=True,
    )


def get_study_answers(wildcards):
    """Table of right and wrong answers by which a study draws its items, if it names one."""
    return (
        STUDY.answers["table"].replace("{run}", wildcards.run) if STUDY.answers else []
    )


def get_study_outputs():
    """What it takes to run the study: plan, survey pages, survey-tool import files, pre-registration."""
    if not STUDY:
        return []
    return expand(
        [
            "results/{run}/study/plan.json",
            "results/{run}/study/survey_{group}.html",
            "results/{run}/study/qualtrics_{group}.txt",
            "results/{run}/study/preregistration.html",
        ],
        run=config["run"],
        group=STUDY.groups,
    )


# study analysis: every name of what comes from invented participants says so
PUBLISHED_RATINGS = "resources/published_ratings.csv"
STUDY_IS_SIMULATED = bool(STUDY) and STUDY.is_simulated
STUDY_PREFIX = "study_SIMULATED_" if STUDY_IS_SIMULATED else "study_"
TRADE_OFF = "study_SIMULATED_trade_off" if STUDY_IS_SIMULATED else "trade_off"
TRADE_OFF_SCORER = "aligned" if "aligned" in config["scorers"] else config["scorers"][0]


def get_study_note():
    """What is not real in a table or figure of the study."""
    participants = "SIMULATED participants" if STUDY_IS_SIMULATED else ""
    return ", ".join(filter(None, [participants, get_note()]))


def get_study_folder(wildcards):
    """Folder of the participants' exports."""
    if STUDY_IS_SIMULATED:
        return f"results/{config['run']}/study/SIMULATED_responses"
    return STUDY.responses


def get_study_responses(wildcards):
    """The exports: the folder of invented ones, or every file of a real one, so that a new one is read."""
    folder = get_study_folder(wildcards)
    if STUDY_IS_SIMULATED:
        return folder
    return sorted(str(path) for path in Path(folder).glob("*") if path.is_file())


def get_study_ratings(wildcards):
    """Ratings of the run's own study, if it has one."""
    return f"results/{{run}}/tables/{STUDY_PREFIX}ratings.csv" if STUDY else []


def get_study_results():
    """Figures of the study's analysis; their tables come with them."""
    if not STUDY:
        return []
    return expand(
        [
            "results/{run}/tables/{study}tests.csv",
            "figures/{run}/{study}likert.pdf",
            "figures/{run}/{study}conditions.pdf",
            "figures/{run}/{trade_off}_{dataset}.pdf",
        ],
        run=config["run"],
        study=STUDY_PREFIX,
        trade_off=TRADE_OFF,
        dataset=STUDY.dataset,
    )


def get_tables():
    """Names of the run's tables; a replay trains nothing and draws no split."""
    tables = ["results"]
    tables += ["inputs"] if IS_REPLAY else ["datasets", "hyperparameters"]
    tables += ["statistics"] + (["follow"] if TRACED_ARMS else [])
    tables += ["interventions"] if HAS_INTERVENTIONS else []
    tables += ["scorer_ablation"] if HAS_BOTH_SCORERS else []
    tables += ["claims"] if HAS_CLAIMS else []
    tables += ["dose", "dose_trend"] if HAS_DOSE else []
    tables += ["trace_types", "trace_value"] if HAS_TEACHER else []
    return tables


def get_figures():
    """Names of the run's figures, as far as its arms and scorers allow them."""
    figures = ["classes.{scorer}"]
    figures += [f"confusion_{arm}" for arm in TRACED_ARMS]
    figures += ["forest", "follow_rate", "association"] if TRACED_ARMS else []
    if HAS_INTERVENTIONS:
        figures += [f"interventions_{dataset}" for dataset in config["datasets"]]
    if HAS_BOTH_SCORERS:
        figures += [f"scorer_ablation_{dataset}" for dataset in config["datasets"]]
    if HAS_CLAIMS:
        figures += ["claims_scatter"]
    if HAS_DOSE:
        figures += ["dose.{scorer}"]
    if HAS_TEACHER:
        for dataset in config["datasets"]:
            figures += [f"trace_types_{dataset}", f"trace_value_{dataset}.{{scorer}}"]
    if HAS_TRADE_OFF and not STUDY:
        figures += [f"trade_off_{dataset}" for dataset in config["datasets"]]
    if not IS_REPLAY:
        figures += ["accuracy.{scorer}"]
        figures += [f"pipeline_{dataset}" for dataset in config["datasets"]]
    if config["level"] == "train" and SFT_ARMS:
        figures += ["losses"]
    return figures


def get_pages():
    """Pages to look through."""
    return ["differences.html"] if HAS_BOTH_SCORERS else []


def get_final_outputs():
    """Every table, figure and page of the run."""
    return [
        *expand(
            "results/{run}/tables/{table}.csv", run=config["run"], table=get_tables()
        ),
        *expand("results/{run}/{page}", run=config["run"], page=get_pages()),
        *get_study_outputs(),
        *get_study_results(),
        *expand(
            [f"figures/{{run}}/{figure}.pdf" for figure in get_figures()],
            run=config["run"],
            scorer=config["scorers"],
        ),
    ]


# intervention at inference
def get_thinking_cells(wildcards, pattern):
    """The pattern for every arm with think tags that the job of these wildcards covers."""
    return [
        path
        for arm, seed in get_job_cells(wildcards, THINKING_ARMS)
        for path in expand(pattern, arm=arm, seed=seed, allow_missing=True)
    ]


def get_thinking_adapters(wildcards):
    """Adapters that answer behind set traces."""
    return get_thinking_cells(
        wildcards,
        "results/{run}/adapters/{dataset}/{model}/{arm}/seed{seed}/adapter_model.safetensors",
    )


def get_thinking_generations(wildcards):
    """What these adapters wrote by themselves."""
    return get_thinking_cells(
        wildcards,
        "results/{run}/generations/{dataset}/{model}/{arm}/seed{seed}.jsonl",
    )


# dose and response
def get_dose_scores(wildcards):
    """Score files of the arms with SFT."""
    return expand(
        get_all_cells(
            "results/{run}/scores/{dataset}/{model}/{arm}/seed{seed}.{scorer}.csv",
            SFT_ARMS,
        ),
        run=config["run"],
        scorer=config["scorers"],
    )


# a teacher's traces
# kinds of responses that the arms of this run learn from
RESPONSE_KINDS = list(
    dict.fromkeys([TRACE, *(SOURCES[arm] for arm in SFT_ARMS if arm in SOURCES)])
)
# what the reader of raw files writes: with a teacher, training leaves some of it out
READ_QUESTIONS = (
    "results/{run}/all_questions/{dataset}.jsonl"
    if HAS_TEACHER
    else "results/{run}/questions/{dataset}.jsonl"
)


def get_responses(wildcards):
    """Response files of a dataset that the run's arms learn from."""
    return expand(
        "results/{run}/teacher/{dataset}/{kind}.jsonl",
        kind=RESPONSE_KINDS,
        allow_missing=True,
    )


def get_run_responses(wildcards):
    """Response files of the whole run; none without a teacher."""
    if not HAS_TEACHER:
        return []
    return expand(
        "results/{run}/teacher/{dataset}/{kind}.jsonl",
        run=config["run"],
        dataset=config["datasets"],
        kind=RESPONSE_KINDS,
    )


# kinds of traces compared
def get_tokenizer(wildcards):
    """Folder of the model whose tokens are counted; none where the run starts from generations."""
    return (
        []
        if config["level"] == "outputs"
        else f"results/{{run}}/models/{config['models'][0]}"
    )


def get_trace_properties(wildcards):
    """Property files of the whole run."""
    return expand(
        "results/{run}/trace_properties/{dataset}/{arm}.csv",
        run=config["run"],
        dataset=config["datasets"],
        arm=SFT_ARMS,
    )


def get_judgements(wildcards):
    """Judgements of the teacher's answers, of the whole run."""
    return expand(
        "results/{run}/teacher/{dataset}/judgement.csv",
        run=config["run"],
        dataset=config["datasets"],
    )
