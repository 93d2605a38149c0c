"""The reviewer's page as a reviewer uses it: from a number to its items and to its command."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from support.accessibility import LOOKS, assert_accessible
from support.own_datasets import add_own_datasets, kept_registries, make_own
from support.page_run import CALL, COMMIT, FOLDER, build, go, make_questions
from support.playing import press_to
from support.study_files import HOSTILE
from tracekd.core.tables import read_table
from tracekd.page import run as page_run
from tracekd.scoring import Scorer, add_scorer, aligned

SCORERS = ["published", "aligned"]
VIEWS = ["summary?", "claims?", "matrices?", "items?", "figures?", "tables?", "methods?", "search?text=28"]
ITEM = "#item?dataset=cotempqa&model=m&arm=correct&seed=0&id=cotempqa-0"
LINE = "y" * 100_000
# every cell of every matrix, class by class and step by step: its count, and how many items it leads to
COUNT_CELLS = """async () => {
    const main = document.querySelector("main"), shown = [];
    const go = async (address) => {
        const before = main.dataset.ready;
        location.hash = address;
        while (main.dataset.ready === before) await new Promise((resolve) => setTimeout(resolve, 0));
    };
    const values = (name) => [...document.querySelectorAll(`#by-${name} option`)].map((one) => one.value);
    await go("#matrices");
    const [classes, steps] = [values("class"), values("step")];
    for (const label of classes) for (const step of steps) {
        await go(`#matrices?${new URLSearchParams({ class: label, step, from: "test" })}`);
        const links = [...document.querySelectorAll(".matrix a")];
        const cells = links.map((one) => [one.hash, one.firstChild.textContent]);
        for (const [address, count] of cells) {
            await go(address);
            shown.push([address, count, document.getElementById("count").textContent.split(" ")[0]]);
        }
    }
    return shown;
}"""


def make_hostile(question):
    """A question whose texts would be markup, with a line of 100 kB."""
    if not question.id.endswith("-3"):
        return question
    return replace(question, question=HOSTILE, context=(HOSTILE, *question.context[1:3], LINE))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page of a small run."""
    questions = {"cotempqa": make_questions("cotempqa", 9, make_hostile)}
    return build(tmp_path_factory.mktemp("page"), questions, SCORERS)


def test_every_cell_of_a_matrix_leads_to_as_many_items_as_it_counts(path, open_page):
    page = open_page(path)
    expect(page.locator("h1")).to_be_visible()
    shown = page.evaluate(COUNT_CELLS)
    matrix = read_table(path.parent / "tables/trace_answer_matrix.csv")
    assert len(shown) == 4 * len(matrix)
    assert [(address, said) for address, said, found in shown if said != found] == []
    # items without a trace enter no matrix of the published scorer, so the cells of a matrix can be too few
    whole = matrix[(matrix["class"] == "all") & (matrix["step"] == "trace")].set_index(["arm", "scorer"])["n"]
    assert whole["correct", "published"] < whole["correct", "aligned"] == 9
    assert shown[0][0].startswith(
        "#items?dataset=cotempqa&model=m&arm=correct&seed=0&scorer=aligned&step=trace&trace=1"
    )


@pytest.mark.parametrize(
    ("asked", "found"), [("28", ["28_percent"]), ("128", []), ("independent", ["near_independence"])]
)
def test_a_search_finds_a_claim_by_its_number_or_words(path, open_page, asked, found):
    page = open_page(path)
    page.get_by_role("searchbox").fill(asked)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Search: {asked}")
    assert (
        re.findall(r"^(\w+): ", "\n".join(page.locator("main li").all_inner_texts()), re.MULTILINE) == found
    )
    if found:
        page.get_by_role("link", name=found[0]).first.click()
        expect(page.locator("article h2").first).to_have_text(found[0])


def test_the_ledger_is_filtered_by_verdict_and_table_and_number(path, open_page):
    page = open_page(path, "#claims")
    page.get_by_label("Number or text").fill("28.4")
    page.keyboard.press("Enter")
    expect(page.locator("article h3")).to_have_text(["b/acc"])
    page.get_by_label("Number or text").fill("")
    page.keyboard.press("Enter")
    page.get_by_label("Table of the paper").select_option("table_1")
    expect(page.locator("article h3")).to_have_text(["a/128"])
    expect(page.locator("article > dl dd")).to_have_text(
        ["table 1", "128.00", "1.00", "1.00", "[1.00, 1.00]", "1.00"]
    )
    page.get_by_label("Verdict").select_option("derived")
    expect(page.get_by_role("status").first).to_have_text("0 of 2 numbers")


def test_the_keyboard_alone_leads_from_a_verdict_to_an_item_and_its_command(path, open_page):
    page = open_page(path)
    expect(page.locator("h1")).to_be_visible()
    press_to(page, "e.textContent === 'confusion matrices, cell by cell'")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Confusion matrices")
    press_to(page, "e.matches('.matrix a') && e.dataset.count !== '0'")
    count = int(page.evaluate("document.activeElement.dataset.count"))
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_contain_text(str(count))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("CoTempQA")
    first = page.locator("h1").inner_text()
    page.keyboard.press("j")
    expect(page.locator("h1")).not_to_have_text(first)
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text(first)
    press_to(
        page, "e.closest('.redo')?.previousElementSibling?.textContent === 'Verdict of the published scorer'"
    )
    page.keyboard.press("Enter")
    scores = f"{FOLDER}/scores/cotempqa/m/correct/seed0.published.csv"
    expect(page.locator(".redo[open] code")).to_contain_text(f"{CALL} --force {scores}\n")
    expect(page.locator(".redo[open] dl")).to_contain_text(COMMIT)
    press_to(page, "e.textContent === 'Copy the command'")
    page.keyboard.press("Enter")
    expect(page.locator(".redo[open] [role=status]")).to_have_text(re.compile("Copied|Selected"))
    page.keyboard.press("u")
    expect(page.locator("#count")).to_contain_text(str(count))


def test_an_item_shows_what_it_was_judged_by(path, open_page):
    page = open_page(path, ITEM)
    expect(page.locator(".facts .gold")).to_have_count(2)
    expect(page.locator(".facts .named")).to_have_count(2)
    rows = page.locator("main table").first.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(1)).to_contain_text("David Widder works for Aberdeen Proving Ground from 1918 to 1919.")
    expect(page.get_by_text("What the trace states implies")).to_contain_text(
        "david widder | norbert wiener. The answer is that."
    )
    others = page.locator("main table").nth(1).locator("tbody tr")
    expect(others).to_have_count(2)
    page.get_by_text("gold trace: ").click()
    expect(page.get_by_label("Trace, gold trace")).to_contain_text("Hubert Yockey")
    measured = page.get_by_role("group", name="Set traces crossed with contexts").locator("tbody td")
    expect(measured).to_have_text(["wrong, near", "gold facts removed", "−1.50", "not written", "no", "–"])


@pytest.mark.parametrize("has_claims", [True, False])
def test_every_view_has_its_words(tmp_path, open_page, has_claims):
    questions = {"cotempqa": make_questions("cotempqa", 3)}
    page = open_page(build(tmp_path, questions, SCORERS, has_claims=has_claims))
    expect(page.locator("h1")).to_be_visible()
    headings = set()
    for view in [*VIEWS, ITEM[1:]]:
        go(page, f"#{view}&look=1")
        headings.add(page.locator("h1").inner_text())
        shown = page.locator("main").inner_text()
        assert not re.search("undefined|null|NaN|could not be shown", shown), (view, shown)
    assert len(headings) == len(VIEWS) + 1
    go(page, "#matrices")
    expect(page.locator(".matrix").first.locator("th")).to_have_text(
        ["whole trace right", "whole trace wrong", "answer right", "answer wrong"]
    )
    go(page, "#tables")
    expect(page.locator("#by-name")).to_have_value("trace_answer_matrix")
    go(page, "#items?arm=correct&text=who knows")
    expect(page.locator(".items .what small")).to_have_text(
        re.compile("^Answer: not readable; the output ends: Who knows")
    )


def test_three_steps_and_a_scorer_of_an_extension_have_their_matrices_and_filters(tmp_path, open_page):
    with kept_registries():
        add_own_datasets()
        add_scorer(Scorer("own", aligned.score, aligned.MEASURES))
        questions = {"sums": [make_own("sums", number) for number in range(6)]}
        path = build(tmp_path, questions, ["own"])
    page = open_page(path, "#matrices?step=equation")
    matrix = read_table(path.parent / "tables/trace_answer_matrix.csv")
    rows = matrix[(matrix["step"] == "equation") & (matrix["class"] == "all")]
    cells = page.locator(".matrix a")
    expect(cells).to_have_count(4 * len(rows))
    assert page.locator("#by-step option").all_inner_texts() == [
        *("whole trace", "kind step", "evidence step", "equation step")
    ]
    assert int(cells.first.get_attribute("data-count")) == rows["both_ok"].iloc[0] == 2
    cells.first.click()
    expect(page.locator("#count")).to_have_text("2 items")
    page.locator(".items a").first.click()
    expect(page.locator("main table").first.locator("tbody tr")).to_have_count(5)


def test_scorers_that_differ_are_a_filter_and_their_reason_is_told(path, open_page):
    page = open_page(path, "#items?differ=1&arm=correct")
    differences = read_table(path.parent / "tables/item_differences.csv")
    found = set(differences.loc[differences["arm"] == "correct", "id"])
    expect(page.locator("#count")).to_have_text(f"{len(found)} items")
    page.locator(".items a").first.click()
    expect(
        page.get_by_role("cell", name=re.compile("any fact counts|definition|form|left out")).first
    ).to_be_visible()


def test_hostile_texts_are_text_in_list_item_and_address(path, open_page):
    page = open_page(path, "#items?text=hacked&arm=correct")
    expect(page.locator("#count")).to_have_text("1 item")
    page.locator(".items a").click()
    expect(page.locator(".facts li .text").first).to_contain_text("window.hacked = 1")
    expect(page.locator(".facts li .text").first).to_contain_text("⟨U+202E⟩right to left")
    assert page.locator(".facts .text").last.evaluate("e => e.textContent.length") == len(LINE)
    attack = "<img src=x onerror='window.hacked = 1'>"
    for address in (
        f"#items?dataset={attack}&text={attack}",
        f"#item?id={attack}",
        f"#{attack}",
        "#javascript:window.hacked=1",
        f"#search?text={attack}",
        "#constructor",
        "#item?id=%E0%A4",
    ):
        go(page, address)
        assert page.locator("main img, main script").count() == 0, address
        assert page.locator("h1").inner_text(), address
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_is_accessible(path, look, open_page):
    page = open_page(path, **LOOKS[look])
    expect(page.locator("h1")).to_be_visible()
    for view in [*VIEWS, ITEM[1:]]:
        go(page, f"#{view}&look=1")
        for details in page.locator("main details > summary").all()[:2]:
            details.click()
        assert_accessible(page, view)


def test_a_large_run_loads_the_parts_that_are_asked_for(tmp_path, open_page, monkeypatch):
    monkeypatch.setattr(page_run, "ONE_FILE", 20)
    path = build(tmp_path, {"cotempqa": make_questions("cotempqa", 4)}, SCORERS, ["m", "k"])
    parts = {
        f"{kind}.{name}.js"
        for kind, name in [
            ("questions", "cotempqa"),
            ("items", "cotempqa.m"),
            ("items", "cotempqa.k"),
            ("set", "cotempqa.m"),
            ("set", "cotempqa.k"),
        ]
    }
    assert {one.name for one in (path.parent / "page").iterdir()} == parts
    page = open_page(path, "#items?model=k")
    expect(page.locator("#count")).to_have_text("12 items")
    loaded = page.evaluate(
        "[...document.querySelectorAll('script[src]')].map((one) => one.getAttribute('src'))"
    )
    assert sorted(loaded) == ["page/items.cotempqa.k.js", "page/questions.cotempqa.js"]
    go(page, ITEM)
    expect(page.get_by_text("gold trace: ")).to_be_visible()


def test_a_part_that_is_gone_is_named(tmp_path, browser, monkeypatch):
    monkeypatch.setattr(page_run, "ONE_FILE", 0)
    path = build(tmp_path, {"cotempqa": make_questions("cotempqa", 2)}, SCORERS)
    (path.parent / "page/items.cotempqa.m.js").unlink()
    page = browser.new_page()
    page.goto(f"{path.as_uri()}#items")
    expect(page.get_by_text("page/items.cotempqa.m.js is not there: keep the folder beside")).to_be_visible()
    page.context.close()


def test_nothing_but_the_program_runs_or_loads(path, browser):
    page = browser.new_page()
    page.goto(path.as_uri())
    refused = page.evaluate(
        """async () => {
            const script = document.createElement("script");
            script.textContent = "window.hacked = 1";
            document.body.append(script);
            return fetch("http://127.0.0.1:9/").then(() => false, () => true);
        }"""
    )
    assert refused and page.evaluate("window.hacked") is None
    page.context.close()
