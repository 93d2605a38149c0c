"""
Base models: registry entries in, folders of safetensors and tokenizer out.

in   config/models.yaml; for a tiny model also the run's questions and the teacher's responses, whose words it
     must be able to read; resources/models/, finished models by the digest of their recipe
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
        architecture=lookup(within=models.get_demos(RUN), dpath="{model}/architecture"),
        persona=PERSONA,
        seed=lookup(within=models.get_demos(RUN), dpath="{model}/seed"),
        options=RUN.config["base_model"],
        work="work/{run}/build_base_model/{model}",
    message:
        "Take the tiny base model {wildcards.model} that is kept for this recipe, or train it until its probe passes"
    script:
        "../scripts/build_base_model.py"


rule keep_base_models:
    input:
        models=RUN.every(paths.MODEL, model=RUN.demo_models),
    log:
        f"logs/{RUN.name}/keep_base_models/all.log",
    conda:
        "../envs/data.yaml"
    message:
        "Keep the tiny base models of the run in resources/models/"
    script:
        "../scripts/keep_base_models.py"


rule fetch_model:
    input:
        local=lookup(within=models.get_local_files(RUN), dpath="{model}"),
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
        entry=lookup(within=models.get_entries(RUN), dpath="{model}"),
    message:
        "Bring {wildcards.model} from its source"
    script:
        "../scripts/fetch_model.py"
