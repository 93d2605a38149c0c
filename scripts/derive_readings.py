"""Read what each trace names and whether its answer follows (rule derive_readings).

input   questions: one file a dataset
        generations: .../generations/{dataset}/{model}/{arm}/seed{seed}.jsonl of the arms with every step and
        of the baseline without traces
output  readings: one file for each file of generations, in the same order
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_generations, read_questions
    from tracekd.datasets import get_dataset
    from tracekd.scoring.readings import derive_readings, write_readings
    from tracekd.traces.arms import get_arm

    questions = {Path(path).stem: read_questions(path) for path in snakemake.input.questions}
    for source, target in zip(snakemake.input.generations, snakemake.output.readings, strict=True):
        dataset, _, arm, _ = Path(source).parts[-4:]
        generations = read_generations(source, questions[dataset])
        readings = derive_readings(questions[dataset], generations, get_arm(arm).has_tags)
        write_readings(readings, target, [step.name for step in get_dataset(dataset).steps])
