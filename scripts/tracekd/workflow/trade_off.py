"""Trade-off: whether traces of the run were rated, and by whom (rules/trade_off.smk)."""

from tracekd.scoring import choose_first
from tracekd.teacher.responses import KINDS
from tracekd.workflow.run import Run
from tracekd.workflow.study_analysis import get_prefix


def has_ratings(run: Run) -> bool:
    """Whether traces of some arm were rated: by the run's own study, or in a published one."""
    published = {"correct", *KINDS}
    return run.study is not None or (run.has_teacher and not published.isdisjoint(run.sft_arms))


def get_own_ratings(run: Run) -> str | list[str]:
    """Ratings of the run's own study, if it has one."""
    return f"results/{{run}}/tables/{get_prefix(run.study)}ratings.csv" if run.study else []


def get_rated_datasets(run: Run) -> list[str]:
    """Datasets with a figure: that of the study, or all where ratings are published ones."""
    return [run.study.dataset] if run.study else run.datasets


def get_stem(run: Run) -> str:
    """Stem of the figure's name; that of invented ratings says so."""
    return "study_SIMULATED_trade_off" if run.study and run.study.is_simulated else "trade_off"


def get_scorer(run: Run) -> str:
    """Scorer whose accuracies are shown: ours if the run has it."""
    return choose_first(run.scorers)
