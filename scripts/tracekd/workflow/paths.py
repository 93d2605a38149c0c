"""Patterns of the files that more than one rule names; a rule that owns its output writes it out."""

QUESTIONS = "results/{run}/questions/{dataset}.jsonl"
# what the reader of raw files writes where a teacher decides which of them are trained on
ALL_QUESTIONS = "results/{run}/all_questions/{dataset}.jsonl"
TRACES = "results/{run}/traces/{dataset}/{arm}.jsonl"
MODEL = "results/{run}/models/{model}"
CELL = "{dataset}/{model}/{arm}/seed{seed}"
ADAPTER = f"results/{{run}}/adapters/{CELL}"
WEIGHTS = f"{ADAPTER}/adapter_model.safetensors"
ADAPTER_CONFIG = f"{ADAPTER}/adapter_config.json"
GENERATIONS = f"results/{{run}}/generations/{CELL}.jsonl"
INTERVENTIONS = f"results/{{run}}/interventions/{CELL}.jsonl"
READINGS = f"results/{{run}}/readings/{CELL}.csv"
SCORES = f"results/{{run}}/scores/{CELL}.{{scorer}}.csv"
RESPONSES = "results/{run}/teacher/{dataset}/{kind}.jsonl"
JUDGEMENT = "results/{run}/teacher/{dataset}/judgement.csv"
# margins and levels of all tests; ratings of the published study
STATISTICS = "config/statistics.yaml"
PUBLISHED_RATINGS = "resources/published_ratings.csv"


def fill(pattern: str, **values: object) -> str:
    """Fill in the named wildcards; all others stay."""
    for name, value in values.items():
        pattern = pattern.replace(f"{{{name}}}", str(value))
    return pattern
