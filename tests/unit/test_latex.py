"""Tables of a paper: what they hold, how they are written, and that they compile and fit."""

import re
import shutil

import pandas as pd
import pytest
from support.examples import ROOT
from support.latex import need_latex
from support.run_data import make_baselines, write_scores
from tracekd.core.errors import WorkError
from tracekd.datasets.rows import Grid
from tracekd.tables import compile as compiling
from tracekd.tables.compile import compile_run, compile_table, find_faults, main
from tracekd.tables.latex import PAGE_LINES, Column, Kind, PaperTable, latex_escape, write_latex
from tracekd.tables.matrix import trace_answer_matrix
from tracekd.tables.paper import PAPER, Context
from tracekd.tables.results import classes_table, results_table
from tracekd.tables.scores import read_scores

# every arm of the paper, names as long as they come
MODELS = ["Llama-3.2-1B-Instruct", "Qwen3-1.7B"]
ARMS = ["prompt_only", "none", "class_only", "correct", "incorrect", "incorrect_matched"]
CONTEXT = Context(Grid(["cotempqa", "babi"], MODELS, ARMS), ["published", "aligned"])


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """The exact tables of a made-up run that need no more than scores."""
    grid, folder = CONTEXT.grid, tmp_path_factory.mktemp("scores")
    names = (grid.datasets, grid.models, grid.arms, [0, 1])
    scores = read_scores(
        [path for scorer in CONTEXT.scorers for path in write_scores(folder, *names, scorer=scorer)]
    )
    return {
        "results": results_table(scores, make_baselines(grid.datasets), grid),
        "classes": classes_table(scores, grid),
        "trace_answer_matrix": trace_answer_matrix(scores, grid),
    }


def make_table(*columns, groups=(), wide=True):
    return PaperTable("In %.", columns, groups, wide)


def test_numbers_stand_below_the_decimal_point_and_repeats_are_blank():
    model = Column("Model", ["a_b", "a_b", "a_b"])
    answer = Column("An-\nswer", ["44.7 ± 11.1", "–", "1,234.5"], Kind.NUMBER)
    estimate = Column("phi", ["−0.1 [−0.2, 0.1]", "0.1 [0.0, 0.2]", "–"], Kind.ESTIMATE)
    text = write_latex(make_table(model, answer, estimate, groups=["x", "x", "y"]), "results")
    assert r"\begin{tabular}{@{}lS[table-format=4.1(3)]r@{}}" in text
    assert "a\\_b & 44.7 \\pm 11.1 & $-$0.1 [$-$0.2, 0.1] \\\\\n & {--} & 0.1 [0.0, 0.2] \\\\" in text
    # a new heading repeats what it needs
    assert "{\\textit{y}} \\\\\na\\_b & 1234.5 & -- \\\\" in text
    assert " & {An-} &  \\\\\n{Model} & {swer} & {phi} \\\\" in text
    assert r"\caption{In \%.\label{tab:results}}" in text


def test_a_table_of_one_column_and_one_over_several_pages():
    cells = [str(number) for number in range(PAGE_LINES + 1)]
    assert "{table*}" not in write_latex(make_table(Column("n", cells, Kind.NUMBER), wide=False), "n")
    text = write_latex(make_table(Column("n", cells, Kind.NUMBER), groups=["g"] * len(cells)), "n")
    assert text.count(r"\begin{table*}") == 2 == text.count(r"\textit{g}")
    assert text.count("(continued)") == 1 == text.count(r"\label")


def test_more_columns_than_a_page_has_room_for_are_refused():
    with pytest.raises(ValueError, match="8 columns"):
        write_latex(make_table(*[Column("x", ["1"])] * 8), "n")


def test_the_rule_offers_the_tables_that_there_are():
    source = (ROOT / "rules/paper.smk").read_text("utf-8")
    offered = re.search(r"\[(.*?)\]", source, re.DOTALL)[1]
    assert re.findall(r'"(\w+)"', offered) == list(PAPER)


def test_the_aligned_scorer_comes_first(frames):
    for name in ("results", "trace_answer_matrix"):
        groups = PAPER[name](frames[name], CONTEXT).groups
        first = [group for group in dict.fromkeys(groups) if group.startswith("CoTempQA")]
        assert [group.split(", ")[1] for group in first] == ["aligned scorer", "published scorer"]


def test_results_and_classes_hold_the_numbers_of_the_run(frames):
    table = frames["results"].query("dataset == 'babi' and scorer == 'aligned'")
    paper = PAPER["results"](frames["results"], CONTEXT)
    place = next(place for place, group in enumerate(paper.groups) if group.startswith("bAbI, aligned"))
    answer = next(column for column in paper.columns if column.title == "Answer")
    assert answer.cells[place].split(" ")[0] == f"{100 * table['score'].iloc[0] + 1e-9:.1f}"
    classes = PAPER["classes"](frames["classes"], CONTEXT)
    assert [column.title.replace("\n", " ") for column in classes.columns[:4]] == [
        *("Class", "n", "prompt only", "no trace")
    ]
    # six arms and two columns before them: the last one is left out, and named
    assert len(classes.columns) == 7 and classes.caption.endswith(" Without inc. matched.")


def test_all_that_names_may_hold_is_printed_as_it_is(tmp_path):
    need_latex()
    signs = 'a_b 5 % $ # & {x} \\y ~ ^ <z> | "q" “q” – — − ± ≠ ≤ ≥ → × φ χ² · Δ ∞ é ß'
    path = tmp_path / "table.tex"
    path.write_text(write_latex(make_table(Column(signs, [signs])), "t"), "utf-8")
    assert compile_table(path).errors == 0
    assert latex_escape("≠") == r"$\neq$"


@pytest.mark.parametrize(("wide", "room"), [(True, 455), (False, 219)])
def test_what_is_wider_than_its_place_is_measured(tmp_path, wide, room):
    need_latex()
    path = tmp_path / "table.tex"
    for width in (room - 1, room + 20):
        # an empty column of prose is as wide as it says
        table = make_table(Column("", [""], Kind.PROSE, width), wide=wide)
        path.write_text(write_latex(table, "t"), "utf-8")
        found = compile_table(path)
        assert found.width_pt == pytest.approx(width, abs=0.1)
        assert found.overfull_pt == pytest.approx(max(0, width - room), abs=0.1)


def test_faults_of_a_run_are_one_sentence_and_stand_in_its_table(tmp_path, capsys):
    need_latex()
    with pytest.raises(SystemExit, match="no run has tables of a paper"):
        main(tmp_path)
    folder = tmp_path / "mine/tables/paper"
    folder.mkdir(parents=True)
    (folder / "good.tex").write_text(write_latex(make_table(Column("a", ["1"])), "good"), "utf-8")
    main(tmp_path)
    assert "1 tables compile" in capsys.readouterr().err
    wide = make_table(Column("", [""], Kind.PROSE, 500))
    (folder / "wide.tex").write_text(write_latex(wide, "wide"), "utf-8")
    (folder / "wrong.tex").write_text("\\nothing\n", "utf-8")
    with pytest.raises(SystemExit, match=r"wide.tex is 45.0 pt too large; .*wrong.tex does not compile"):
        main(tmp_path)
    table = pd.read_csv(tmp_path / "mine/latex.csv")
    assert list(table.columns) == ["file", "pages", "width_pt", "overfull_pt", "errors"]
    assert list(table["file"]) == ["good.tex", "wide.tex", "wrong.tex"]
    assert list(table["errors"]) == [0, 0, 1]


def test_tables_of_a_made_up_run_fit(frames, tmp_path):
    need_latex()
    folder = tmp_path / "tables/paper"
    folder.mkdir(parents=True)
    for name, frame in frames.items():
        (folder / f"{name}.tex").write_text(write_latex(PAPER[name](frame, CONTEXT), name), "utf-8")
    found = compile_run(tmp_path)
    assert len(found) == len(frames) and not find_faults(tmp_path, found), found


def test_without_latex_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(WorkError, match=r"no pdflatex .*texlive-science"):
        compile_table(tmp_path / "table.tex")
    assert compiling.INSTALL in (ROOT / ".ci/run").read_text("utf-8").replace("-qy ", "")
