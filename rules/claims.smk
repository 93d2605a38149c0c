"""
Claims: published numbers held against the tables of a run, and the main claims judged in words.

in   the file that the config's `claims` names        schemas/claims.schema.json
     results/{run}/tables/inputs.csv                 of given generations: which are released, which are whole
     config/released.yaml                            of a replay: the files that would bring what it lacks
     results/{run}/tables/{answer_scores,trace_answer_matrix,statistics,scorer_ablation}.csv
     results/{run}/tables/{follow,counterfactual,copying,definitions,contrasts}.csv
     config/statistics.yaml                          error rate, power and bounds
out  results/{run}/tables/claims.{csv,md}         one row per published number: recomputed, interval, verdict, why, file
     results/{run}/tables/claims_summary.{csv,md} verdicts by group
     results/{run}/tables/main_claims.{csv,md}        what can be concluded, and what cannot
     results/{run}/tables/findings.csv                the numbers behind the main claims
     figures/{run}/claims_scatter.{pdf,svg,png}
"""

from tracekd.workflow import contrasts

if RUN.config["claims"]:

    TARGETS += RUN.every(
        "results/{run}/tables/claims.csv", "figures/{run}/claims_scatter.pdf"
    )

    rule check_claims:
        input:
            claims=RUN.config["claims"],
            inputs="results/{run}/tables/inputs.csv" if RUN.given else [],
            released=RUN.config["replay"]["released"] if RUN.replay else [],
            answers="results/{run}/tables/answer_scores.csv",
            matrix="results/{run}/tables/trace_answer_matrix.csv",
            statistics="results/{run}/tables/statistics.csv",
            ablation="results/{run}/tables/scorer_ablation.csv",
            follow="results/{run}/tables/follow.csv",
            counterfactual="results/{run}/tables/counterfactual.csv",
            copying="results/{run}/tables/copying.csv",
            definitions="results/{run}/tables/definitions.csv",
            settings=paths.STATISTICS,
            contrasts=(
                "results/{run}/tables/contrasts.csv"
                if contrasts.has_claimed_pair(RUN)
                else []
            ),
        output:
            **table("claims", category="Published numbers"),
            **tables(summary="claims_summary", category="Published numbers"),
            # the category that the report lists first
            **tables(main="main_claims", category="Claims"),
            findings="results/{run}/tables/findings.csv",
        conda:
            "../envs/plot.yaml"
        message:
            "Hold the published numbers against the tables of the run"
        script:
            "../scripts/check_claims.py"

    rule plot_claims:
        input:
            claims="results/{run}/tables/claims.csv",
        output:
            **figure(
                "claims_scatter",
                "published and recomputed numbers",
                category="Published numbers",
            ),
        conda:
            "../envs/plot.yaml"
        params:
            note=RUN.note,
        message:
            "Plot published against recomputed numbers"
        script:
            "../scripts/plot_claims.py"
