"""The primary model of a study: cumulative logits of single ratings, with participants and items as random.

    score ~ condition + question + (1 | participant) + (1 | item) + (1 | condition:item)

and (1 | participant:condition) where a participant sees several conditions. Whoever rates, and what is rated,
are samples: a difference of conditions is judged against how much it varies over both (Clark 1973; Barr et
al. 2013). The fit is that of R's `ordinal::clmm` (Christensen 2019), which resources/study/clmm.R calls.
"""

import subprocess
from dataclasses import dataclass
from math import nan
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tracekd.core.errors import WorkError
from tracekd.core.tables import read_table

INSTALL = (
    "install them with `apt install r-base-core r-cran-ordinal`, or run with `--sdm conda`, which makes "
    "envs/study_model.yaml"
)
# what the program ends with where R lacks the package
NO_PACKAGE = 3
# a search has ended where Newton's method would move no further than this, in standard errors
LARGEST_STEP = 0.01
# logits beyond which the search ran off to infinity: no rating of one condition overlaps with another's
SEPARATED = 10.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, in logits.

    `differences`: of each condition from the reference, which is among them; `covariance`: of these; `sds`:
    standard deviation of each random effect; `fault`: why the fit is not to be used, or empty.
    """

    differences: pd.Series
    covariance: pd.DataFrame
    sds: dict[str, float]
    fault: str

    def contrast(self, first: str, second: str) -> tuple[float, float]:
        """Difference of two conditions and its standard error; nan where the fit is not to be used."""
        if self.fault:
            return nan, nan
        covariance = self.covariance.loc[[first, second], [first, second]].to_numpy()
        variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
        return float(self.differences[first] - self.differences[second]), float(variance**0.5)


def random_effects(design: str) -> list[str]:
    """Random effects of the model of a design."""
    effects = ["participant", "item", "condition:item"]
    return [*effects, "participant:condition"] if design == "within" else effects


def write_formula(design: str, n_questions: int) -> str:
    """Formula of the model in R's words; with one question there is no effect of it."""
    fixed = ["condition", "question"] if n_questions > 1 else ["condition"]
    return f"score ~ {' + '.join([*fixed, *(f'(1 | {effect})' for effect in random_effects(design))])}"


def fit_models(
    ratings: pd.DataFrame, conditions: list[str], design: str, program: str | Path
) -> tuple[dict[str, Fit], str]:
    """Fit the model to each set of ratings of one dimension.

    Args:
        ratings: columns fit (name of the set), participant, item, question, condition, score.
        conditions: of the study.
        design: `between` or `within`.
        program: resources/study/clmm.R.

    Returns:
        Fits by name, and the versions of R and of its package.

    Raises WorkError where R or its package is not installed, or ends in an error of its own.

    """
    columns = ["fit", "participant", "item", "question", "condition", "score"]
    ranks = ratings["condition"].map({name: rank for rank, name in enumerate(conditions)})
    rows = ratings.assign(rank=ranks).sort_values("rank", kind="stable")[columns]
    formula = write_formula(design, ratings["question"].nunique())
    with TemporaryDirectory() as folder:
        sent, found = Path(folder) / "ratings.csv", Path(folder) / "estimates.csv"
        rows.to_csv(sent, index=False)
        command = ["Rscript", "--vanilla", str(program), str(sent), str(found), formula]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise WorkError(
                "the program Rscript is not installed, which fits the study's model", hint=INSTALL
            ) from None
        if done.returncode == NO_PACKAGE:
            raise WorkError("R lacks the package ordinal, which fits the study's model", hint=INSTALL)
        if done.returncode:
            said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            raise WorkError(
                f"Rscript failed: {said[-1] if said else 'no reason given'}",
                where=program,
                hint="see the log of the job",
            )
        estimates = read_table(found, fit="str", kind="str", name="str", other="str")
    version = str(estimates.loc[estimates["kind"] == "version", "name"].item())
    return {
        name: _read_fit(part, conditions) for name, part in estimates.dropna(subset="fit").groupby("fit")
    }, version


def _read_fit(estimates: pd.DataFrame, conditions: list[str]) -> Fit:
    """Make a fit of its rows in the program's output."""
    by_kind = {kind: rows for kind, rows in estimates.groupby("kind")}
    if "failed" in by_kind:
        fault = f"no estimate: {str(by_kind['failed']['name'].item()).splitlines()[0]}"
        return Fit(pd.Series(dtype=float), pd.DataFrame(), {}, fault)
    differences = by_kind["difference"].set_index("name")["value"].reindex(conditions, fill_value=0.0)
    covariance = by_kind["covariance"].pivot(index="name", columns="other", values="value")
    covariance = covariance.reindex(index=conditions, columns=conditions, fill_value=0.0)
    step = float(by_kind["step"]["value"].item())
    fault = ""
    if not step < LARGEST_STEP:
        fault = f"not converged: the maximum is {step:.2g} standard errors away"
    elif differences.max() - differences.min() > SEPARATED:
        fault = "not converged: conditions without a rating in common"
    sds = by_kind["sd"].set_index("name")["value"].to_dict()
    return Fit(differences, covariance, sds, fault)
