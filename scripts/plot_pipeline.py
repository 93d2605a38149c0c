"""Plot how a real question becomes an SFT item: Figure 1 (rule plot_pipeline).

input   questions: results/{run}/questions/{dataset}.jsonl
        correct, incorrect: results/{run}/traces/{dataset}/{correct,incorrect}.jsonl, verified
output  pdf, png: figures/{run}/pipeline_{dataset}.{pdf,png}
params  note: what is not real in the figure, or empty
log     [0]
"""

from tracekd.core.records import read_questions, read_traces
from tracekd.figures.pipeline import ARMS, choose_question, plot_pipeline
from tracekd.figures.style import save
from tracekd.run.jobs import rule_job

with rule_job(snakemake):
    traces = {arm: {trace.id: trace for trace in read_traces(snakemake.input[arm])} for arm in ARMS}
    question = choose_question(read_questions(snakemake.input.questions), traces)
    figure = plot_pipeline(
        question, {arm: traces[arm][question.id] for arm in ARMS}, note=snakemake.params.note
    )
    save(figure, snakemake.output.pdf, snakemake.output.png)
