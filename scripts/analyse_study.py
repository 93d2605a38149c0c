"""Describe the ratings of a study, and test them over participants' means (rule analyse_study).

input   plan: results/{run}/study/plan.json; study: the study's definition
        responses: results/{run}/study/study_responses.csv; published: resources/published_ratings.csv
output  {ratings,questions,items,sensitivity,agreement,reliability,reading}_{csv,md}: tables/study_*
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
    "sensitivity": (
        "Sensitivity analyses: tests over the participants' means, which speak of other participants and the "
        "same items; p after Holm's correction over the pairs of a dimension, and effects (brackets: 95 % "
        "interval). The hypotheses are decided in study_primary."
    ),
    "reliability": (
        "McDonald's omega: the share of the variance of participants' mean ratings that the questions of a "
        "dimension have in common, within conditions (brackets: 95 % interval, jackknife over participants)."
    ),
    "agreement": (
        "Krippendorff's alpha of ordinal ratings that share a condition (brackets: 95 % interval, jackknife "
        "over participants)."
    ),
    "reading": (
        "Time of a page by condition: words of all that it shows, seconds (both medians over pages), and "
        "seconds per word (geometric mean over participants; brackets: 95 % interval). Rating is part of it, "
        "so the words of a short page seem to take longer."
    ),
}

with rule_job(snakemake):
    from tracekd.core.tables import read_table
    from tracekd.study.definition import read_study
    from tracekd.study.plan import condition_titles, read_plan
    from tracekd.study.published import read_published
    from tracekd.tables.estimates import exact_p_values
    from tracekd.tables.study import Choices, show_table, study_tables
    from tracekd.tables.write import put_before, table_paths, write_table

    study, plan = read_study(snakemake.input.study), read_plan(snakemake.input.plan)
    ratings = read_table(snakemake.input.responses)
    scale = plan["scale"]["low"], plan["scale"]["high"]
    choices = Choices(scale, study.analysis.resamples, study.analysis.seed)
    made = study_tables(ratings, plan, read_published(snakemake.input.published), choices)
    titles = condition_titles(plan)
    for name, table in made.items():
        write_table(
            exact_p_values(table),
            show_table(name, table, titles),
            **table_paths(snakemake.output, name),
            caption=put_before(snakemake.params.note, CAPTIONS[name]),
        )
