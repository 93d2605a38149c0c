"""Plot how a real question becomes an SFT item: Figure 1 (rule plot_pipeline).

input   questions: results/{run}/questions/{dataset}.jsonl
        correct, wrong: results/{run}/traces/{dataset}/{arm}.jsonl, verified
output  pdf, svg, png: figures/{run}/pipeline_{dataset}.{pdf,svg,png}
params  note: what is not real in the figure, or empty
log     [0]
"""

from pathlib import Path

from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    from tracekd.core.records import read_questions, read_traces
    from tracekd.figures.pipeline import choose_question, plot_pipeline
    from tracekd.figures.style import save

    source = snakemake.input
    traces = {
        Path(path).stem: {trace.id: trace for trace in read_traces(path)}
        for path in (source.correct, source.wrong)
    }
    question = choose_question(read_questions(source.questions), traces)
    shown = {arm: found[question.id] for arm, found in traces.items()}
    figure = plot_pipeline(question, shown, note=snakemake.params.note)
    save(figure, snakemake.output.pdf)
