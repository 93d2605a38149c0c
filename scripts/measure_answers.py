"""Weigh answers after set traces, for the adapters of one dataset and model (rule measure_answers)."""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_generations, read_questions, write_records
    from tracekd.experiment.asking import Interview
    from tracekd.experiment.design import design_items, set_up
    from tracekd.experiment.traces import read_teacher
    from tracekd.models.identity import adapter_digests, base_identity
    from tracekd.models.loading import load_adapter, load_quantised, load_tokenizer
    from tracekd.run.cells import arm_and_seed
    from tracekd.run.lease import hold
    from tracekd.settings.config import Chat, Generation, Quantisation
    from tracekd.settings.experiment import Experiment
    from tracekd.traces.arms import get_arm

    source, params = snakemake.input, snakemake.params
    settings = Experiment.model_validate(params.experiment)
    quantisation = Quantisation.model_validate(params.quantisation)
    adapters = {arm_and_seed(path): Path(path).parent for path in source.adapters}
    generations = {arm_and_seed(path): path for path in source.generations}
    bench = set_up(read_questions(source.questions), params.seed, read_teacher(source.teacher))
    items, _ = design_items(bench, settings)
    tokenizer = load_tokenizer(source.model)
    interview = Interview(tokenizer, params.persona, Chat.model_validate(params.chat))
    base = load_quantised(source.model, quantisation)
    of_base = base_identity(source.model, quantisation.model_dump(), params.code)

    for path in map(Path, snakemake.output):
        arm, seed = cell = arm_and_seed(path)
        told = read_generations(generations[cell]) if get_arm(arm).has_tags else None
        model = load_adapter(base, adapters[cell])
        work = Path(params.work) / arm / f"seed{seed}"
        with hold(work):
            measurements = interview.hold(
                model,
                items,
                bench,
                None if told is None else {one.id: one.text for one in told},
                Generation.model_validate(params.generation),
                seed,
                identity={**of_base, "adapter": adapter_digests(adapters[cell])},
                work=work,
                title=f"{arm} seed {seed}",
            )
            write_records(measurements, path)
        model.unload()
