"""
Claims: published numbers held against the tables of a run, and the main claims judged in words.

in   the file that the config's `claims` names        schemas/claims.schema.json
     results/{run}/tables/inputs.csv                 of given generations: which are released, which are whole
     results/{run}/tables/{answer_scores,trace_answer_matrix,statistics,scorer_ablation,follow,copying}.csv
out  results/{run}/tables/claims.{csv,md,tex}         one row a published number: recomputed, interval, verdict, why
     results/{run}/tables/claims_summary.{csv,md,tex} verdicts by group
     results/{run}/tables/main_claims.{csv,md}        what can be concluded, and what cannot
     results/{run}/tables/findings.csv                the numbers behind the main claims
     figures/{run}/claims_scatter.{pdf,png}
"""


rule check_claims:
    input:
        claims=config["claims"],
        inputs="results/{run}/tables/inputs.csv" if PLAN else [],
        answers="results/{run}/tables/answer_scores.csv",
        matrix="results/{run}/tables/trace_answer_matrix.csv",
        statistics="results/{run}/tables/statistics.csv",
        ablation="results/{run}/tables/scorer_ablation.csv",
        follow="results/{run}/tables/follow.csv",
        copying="results/{run}/tables/copying.csv",
    output:
        csv=report(
            "results/{run}/tables/claims.csv",
            caption="../resources/captions/claims.rst",
            category="Claims",
        ),
        md="results/{run}/tables/claims.md",
        tex="results/{run}/tables/claims.tex",
        summary_csv=report(
            "results/{run}/tables/claims_summary.csv",
            caption="../resources/captions/claims_summary.rst",
            category="Claims",
        ),
        summary_md="results/{run}/tables/claims_summary.md",
        summary_tex="results/{run}/tables/claims_summary.tex",
        main_csv=report(
            "results/{run}/tables/main_claims.csv",
            caption="../resources/captions/main_claims.rst",
            category="Headline",
        ),
        main_md="results/{run}/tables/main_claims.md",
        findings="results/{run}/tables/findings.csv",
    log:
        "logs/{run}/check_claims/all.log",
    benchmark:
        "benchmarks/{run}/check_claims/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    message:
        "Hold the published numbers against the tables of the run"
    script:
        "../scripts/check_claims.py"


rule plot_claims:
    input:
        claims="results/{run}/tables/claims.csv",
    output:
        pdf="figures/{run}/claims_scatter.pdf",
        png=report(
            "figures/{run}/claims_scatter.png",
            caption="../resources/captions/claims_scatter.rst",
            category="Claims",
            labels={"figure": "published and recomputed numbers"},
        ),
    log:
        "logs/{run}/plot_claims/all.log",
    benchmark:
        "benchmarks/{run}/plot_claims/all.tsv"
    conda:
        "../envs/plot.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        note=get_note(),
    message:
        "Plot published against recomputed numbers"
    script:
        "../scripts/plot_claims.py"
