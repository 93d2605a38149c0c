"""Estimate and test the ratings of a study's conditions (rule analyse_study).

input   plan: results/{run}/study/plan.json; study: the study's definition
        responses: results/{run}/study/study_responses.csv; published: resources/published_ratings.csv
output  {ratings,questions,items,tests,ordinal,agreement,power}_{csv,md}: results/{run}/tables/study_*
params  note: what is not real, put before every caption
log     [0]
"""

from tracekd.run.jobs import rule_job

CAPTIONS = {
    "ratings": (
        "Ratings by condition, over the participants' means (brackets: 95 % interval, studentised bootstrap "
        "of participants). Published: constants of the paper and its sibling, not computed here."
    ),
    "questions": "Ratings of every question by condition, and how often each point of the scale was given.",
    "items": "Ratings of every item (question whose trace was shown) by condition.",
    "tests": (
        "Tests over the participants' means, p after Holm's correction over the pairs of a dimension, and "
        "effects (brackets: 95 % interval)."
    ),
    "ordinal": (
        "Odds ratio of a higher rating against the first condition (proportional-odds model of single "
        "ratings, standard errors clustered by participant)."
    ),
    "agreement": (
        "Krippendorff's alpha of ordinal ratings that share a condition (brackets: 95 % interval, jackknife "
        "over participants)."
    ),
    "power": (
        "The smallest standardised difference d of two conditions, and the delta that goes with it, that "
        "those who stay find with the wanted power: at alpha, and at the first step of Holm's correction."
    ),
}

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.study.definition import read_study
    from tracekd.study.plan import read_plan
    from tracekd.study.published import read_published
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.study import SHOW, Choices, study_tables
    from tracekd.tables.write import table_paths, write_table

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    ratings = read_table(snakemake.input.responses)
    choices = Choices((plan["scale"]["low"], plan["scale"]["high"]), **study.analysis.model_dump())
    made = study_tables(ratings, plan, read_published(snakemake.input.published), choices)
    titles = {condition["name"]: condition["title"] for condition in plan["conditions"]}
    for name, table in made.items():
        caption = f"{snakemake.params.note}. {CAPTIONS[name]}" if snakemake.params.note else CAPTIONS[name]
        write_table(
            exact_p_values(table),
            SHOW[name](table, titles),
            **table_paths(snakemake.output, name),
            caption=caption,
        )
