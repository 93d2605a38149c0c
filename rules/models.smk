"""
Base models: registry entries in, folders of safetensors and tokenizer out.

in   config/models.yaml; for a tiny model also the run's questions and the teacher's responses, whose words it
     must be able to read
out  results/{run}/models/{model}/
"""

from tracekd.workflow import models, teacher_traces


rule build_base_model:
    input:
        questions=RUN.every(paths.QUESTIONS),
        responses=teacher_traces.get_run_responses(RUN),
    output:
        model=directory(paths.MODEL),
    wildcard_constraints:
        model=any_of(RUN.demo_models),
    conda:
        "../envs/train.yaml"
    params:
        architecture=lookup(within=RUN.model_entries, dpath="{model}/architecture"),
        persona=PERSONA,
        seed=lookup(within=RUN.model_entries, dpath="{model}/seed"),
        options=RUN.config["base_model"],
    message:
        "Train the tiny base model {wildcards.model} until its probe passes"
    script:
        "../scripts/build_base_model.py"


rule fetch_model:
    output:
        model=directory(paths.MODEL),
    wildcard_constraints:
        model=any_of(models.get_fetched(RUN)),
    conda:
        "../envs/train.yaml"
    resources:
        runtime=growing(120),
    params:
        **RUN.settings("mirror"),
        entry=lookup(within=RUN.model_entries, dpath="{model}"),
    message:
        "Fetch {wildcards.model} at its locked revision"
    script:
        "../scripts/fetch_model.py"
