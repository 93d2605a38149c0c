"""Study analysis: names and inputs of real participants, or of invented ones (rules/study_analysis.smk)."""

from pathlib import Path

from tracekd.settings.study import Study
from tracekd.workflow.run import Run


def get_prefix(study: Study | None) -> str:
    """First letters of every name: what comes from invented participants says so."""
    return "study_SIMULATED_" if study and study.is_simulated else "study_"


def get_category(study: Study) -> str:
    """Category of its tables and figures in the report."""
    return "Study, SIMULATED participants" if study.is_simulated else "Study"


def get_note(run: Run) -> str:
    """What is not real in a table or figure of the study."""
    participants = "SIMULATED participants" if run.study and run.study.is_simulated else ""
    return ", ".join(filter(None, [participants, run.note]))


def get_folder(study: Study, run: str) -> str:
    """Folder of the participants' exports."""
    return f"results/{run}/study/SIMULATED_responses" if study.is_simulated else study.responses


def get_exports(study: Study, run: str) -> str | list[str]:
    """The exports: the folder of invented ones, or every file of a real one, so that a new one is read."""
    folder = get_folder(study, run)
    if study.is_simulated:
        return folder
    return sorted(str(path) for path in Path(folder).glob("*") if path.is_file())
