"""The paper's main claims about trace and answer: what a run says to each, and what cannot be concluded.

No result stands in a sentence: numbers are looked up, they decide between phrasings, and a sentence whose
numbers the run does not have says that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pandas import isna

from tracekd.claims.findings import CONTROL, PHIS, SHARES, Finding
from tracekd.claims.orderings import SCORERS, find_orderings, join_verdicts, judge_ordering
from tracekd.claims.stated import Stated, average_conditionals, count_associated, stated_matrices
from tracekd.labels import arm_title, dataset_title, show_number
from tracekd.settings.statistics import Claims, Statistics

# more than this share (%) is most of them
MOST = 50.0
# points within which an average is said to come near a stated share
NEAR = 1.0
# by whom a right trace and a right answer are judged: measure, scorer and title
IMPLICATIONS = {
    ("p_answer_given_trace_ok", "published"): SCORERS["published"],
    ("p_answer_given_trace_ok", "aligned"): SCORERS["aligned"],
    ("implied_parsed_only", "aligned"): f"{SCORERS['aligned']} on readable outputs",
    ("implied_tolerant", "aligned"): f"{SCORERS['aligned']} with a tolerant reader",
}

# which arm is said to answer better than which other
ORDERINGS = {
    "incorrect_vs_correct": (
        *("incorrect", "correct"),
        "SFT on incorrect traces gives more right answers than SFT on correct ones.",
    ),
    "incorrect_vs_none": (
        *("incorrect", "none"),
        "SFT on incorrect traces gives more right answers than SFT without traces.",
    ),
    "correct_vs_none": (
        *("correct", "none"),
        "SFT on correct traces gives more right answers than SFT without traces.",
    ),
    "r1_best": (
        *("r1", "correct"),
        "SFT on R1 traces gives more right answers than SFT on correct decomposed ones.",
    ),
}

Findings = Sequence[Finding]


@dataclass(frozen=True, slots=True)
class MainClaim:
    """A claim, the verdict on it, and what the run says to it and to it alone."""

    id: str
    statement: str
    verdict: str
    text: str


def main_claims(
    findings: Findings, ledger: pd.DataFrame, contrasts: pd.DataFrame | None, settings: Statistics
) -> list[MainClaim]:
    """Judge the main claims.

    Args:
        findings: as from `gather`.
        ledger: as from `claims_table`; its group `headline` holds the verdicts on the numbers, its group
            `stored_matrices` the counts of the released matrices.
        contrasts: as from `contrasts_table`; None where the run has no pair of arms.
        settings: error rate and bounds.

    """
    headline = ledger[ledger["group"] == "headline"].set_index("quantity")
    conditional, joint = headline.loc["trace p_answer_given_trace_ok"], headline.loc["trace p_joint"]
    bound, stated = headline.loc["trace chi2_bound"], stated_matrices(ledger)
    implied = [implication(findings, *way, settings.claims.implied) for way in IMPLICATIONS]
    return [
        MainClaim(
            "28_percent",
            "Correct traces led to correct solutions in only 28 % of test cases.",
            f"{conditional['verdict']} as a conditional share, {joint['verdict']} as a joint share",
            f"{twenty_eight(conditional, joint)} {averages(stated, joint['published'])}",
        ),
        MainClaim(
            "near_independence",
            f"Chi-square of trace and answer is below {bound['published']:g}: they are nearly independent.",
            join_verdicts(
                [
                    (bound["verdict"], f"{SCORERS['published']} within classes"),
                    (
                        independent(get(findings, "holm_p", arm=None), settings.alpha),
                        f"{SCORERS['aligned']} within classes",
                    ),
                    (
                        "deviates" if count_associated(defined(stated), settings.alpha) else "compatible",
                        "the released matrices",
                    ),
                ]
            ),
            f"{independence(findings, bound['published'], settings.alpha)} "
            f"{stored_bound(stated, bound['published'], settings.alpha)}",
        ),
        MainClaim(
            "no_implication",
            "Correct traces do not imply correct solutions.",
            join_verdicts(
                [
                    (verdict, IMPLICATIONS[way])
                    for way, (verdict, _) in zip(IMPLICATIONS, implied, strict=True)
                ]
            ),
            " ".join(sentence for _, sentence in implied),
        ),
        *(ordering_claim(name, contrasts) for name in ORDERINGS),
    ]


def ordering_claim(name: str, contrasts: pd.DataFrame | None) -> MainClaim:
    """Judge one of ORDERINGS by every judgement of the run."""
    arm, other, statement = ORDERINGS[name]
    found = [] if contrasts is None else find_orderings(contrasts, arm, other)
    sentences = [
        f"By {one.title} the interval of the difference lies above 0 in {one.above}, below it in {one.below} "
        f"and around it in {one.around} runs ({show_number(one.lowest, 1)} to "
        f"{show_number(one.highest, 1)} points)."
        for one in found
    ]
    text = " ".join(sentences) or "The run does not have both arms."
    return MainClaim(name, statement, judge_ordering(found), text)


def conclusions(findings: Findings, settings: Statistics) -> list[str]:
    """Say, one sentence or two at a time, what the run shows of trace and answer beyond the single claims."""
    return [
        *(shares(findings, scorer) for scorer in SCORERS),
        retrieval_rule(findings),
        decomposition(findings, settings),
        use_of_trace(findings),
        limits(findings),
    ]


def twenty_eight(conditional: pd.Series, joint: pd.Series) -> str:
    """Say as which share 28 % can be read, from the rows of the ledger for both."""
    rows = {"conditional": conditional, "joint": joint}
    if all(row["verdict"] == "data missing" for row in rows.values()):
        return "The run holds nothing that 28 % could be held against."
    agreeing = [name for name, row in rows.items() if row["verdict"] in ("reproduced", "compatible")]
    match agreeing:
        case []:
            reading = "no single share of this run, be it conditional or joint"
        case [name]:
            reading = (
                f"a {name} share and with no single {next(iter(rows.keys() - agreeing))} one of this run"
            )
        case _:
            reading = "a conditional and with a joint share"
    nearest = [
        f"the nearest {name} one is {show_number(row['recomputed_published'], 1)} % "
        f"[{show_number(row['low'], 1)}, {show_number(row['high'], 1)}]"
        for name, row in rows.items()
        if not isna(row["recomputed_published"])
    ]
    return f"28 % agrees with {reading} by the published scorer: {', '.join(nearest)}."


def averages(stated: Sequence[Stated], value: float) -> str:
    """Say which averages of conditional shares over the stated matrices come near a value."""
    ways = average_conditionals(stated)
    near = sorted((one for one in ways if abs(one.value - value) <= NEAR), key=lambda one: one.value)
    found = "; ".join(f"{show_number(one.value, 1)} ({one.words})" for one in near) or "none"
    return (
        f"The source names no model or dataset. Of {len(ways)} averages of conditional shares over the "
        f"released "
        f"matrices, {len(near)} come within {NEAR:g} point of {value:g}: {found}."
    )


def independence(findings: Findings, bound: float, alpha: float) -> str:
    """Say how many chi-squares stay below the bound, and what is seen within classes."""
    sentences = []
    for scorer, title in SCORERS.items():
        found = get(findings, "chi2", scorer, arm=None)
        if not found:
            sentences.append(f"Judged by {title}, the run has no defined chi-square.")
            continue
        below, largest = sum(one.value < bound for one in found), max(found, key=lambda one: one.value)
        percent = [one for one in get(findings, "chi2_percent", scorer, arm=None) if one.value < bound]
        small = significant(get(findings, "tost_phi_within_p", scorer, arm=None), alpha)
        seen = significant(get(findings, "holm_p", scorer, arm=None), alpha)
        whole, within = (
            next((one for one in get(findings, name, scorer, arm=None) if one[:3] == largest[:3]), None)
            for name in ("phi", "phi_within")
        )
        sentences.append(
            f"Judged by {title}, chi-square is below {bound:g} in {below} of {len(found)} tables; the "
            f"largest is {show_number(largest.value, 1)} ({dataset_title(largest.dataset)}, "
            f"{largest.model}, SFT on {arm_title(largest.arm)} traces), with phi {limited(whole)}, within "
            f"classes {limited(within)}. Taken on percentages in place of counts, it would be below in "
            f"{len(percent)}. Within classes, questions "
            f"about one thing taken together, an association is seen in {seen} of {len(found)} after Holm's "
            f"correction, and an equivalence test shows a negligible one in {small}."
        )
    for one in get(findings, "hangs_on_gold_row", "published"):
        if one.value > MOST:
            sentences.append(
                f"On {dataset_title(one.dataset)} ({one.model}) {show_number(one.value, 1)} % of the "
                "published verdicts on traces change when each item is held against its own gold row in "
                "place of the first row with its answer (quirk Q11): there a small chi-square is one of "
                "misread rows."
            )
    return " ".join([*sentences, "A small chi-square alone shows no independence."])


def stored_bound(stated: Sequence[Stated], bound: float, alpha: float) -> str:
    """Say how many of the released matrices have a chi-square below the bound, and which way they go."""
    tables = defined(stated)
    if not tables:
        return "The ledger holds no released matrix."
    below, largest = sum(one.chi2 < bound for one in tables), max(tables, key=lambda one: one.chi2)
    negative = [one for one in tables if one.chi2 >= bound and one.phi < 0]
    return (
        f"Of {len(tables)} released matrices with a chi-square, {below} have one below the bound; item by "
        f"item an association is seen in {count_associated(tables, alpha)} after Holm's correction. In "
        f"{len(negative)} of the {len(tables) - below} above the bound it is negative, as in the largest, "
        f"{show_number(largest.chi2, 1)} ({dataset_title(largest.dataset)}, {largest.model}, SFT on "
        f"{arm_title(largest.arm)} traces, phi {show_number(largest.phi, 2)})."
    )


def defined(stated: Sequence[Stated]) -> list[Stated]:
    """Keep the matrices whose margins are not empty: the others have no chi-square."""
    return [one for one in stated if not one.counts.empty_margin]


def independent(associations: Findings, alpha: float) -> str:
    """Judge from p-values after correction whether trace and answer go together nowhere."""
    if not associations:
        return "data missing"
    return "deviates" if significant(associations, alpha) else "compatible"


def implication(findings: Findings, measure: str, scorer: str, implied: float) -> tuple[str, str]:
    """Judge in one way whether a right trace comes with a right answer: verdict and sentence.

    The claim that it does not `holds` where some intervals lie below `implied` and none above, and
    `deviates` where it is the other way round.
    """
    found, title = get(findings, measure, scorer), IMPLICATIONS[measure, scorer]
    if not found:
        return "data missing", f"Judged by {title}, the run has no right trace after SFT on correct ones."
    below, above = (
        sum(one.high < 100 * implied for one in found),
        sum(one.low >= 100 * implied for one in found),
    )
    verdict = "mixed" if below and above else "holds" if below else "deviates" if above else "open"
    return verdict, (
        f"Judged by {title}, the interval of P(answer right | trace right) after SFT on correct traces lies "
        f"below {100 * implied:.0f} % for {below} of {len(found)} models and datasets, above it for {above}, "
        f"and around it for {len(found) - below - above} ({written(found)})."
    )


def shares(findings: Findings, scorer: str) -> str:
    """Give joint and conditional shares after SFT on correct traces by one scorer."""
    joint, right, wrong = (get(findings, name, scorer) for name in SHARES)
    if not joint:
        return f"Judged by {SCORERS[scorer]}, the run has no traces after SFT on correct ones."
    return (
        f"Judged by {SCORERS[scorer]}, after SFT on correct traces both trace and answer are right for "
        f"{written(joint)} of the items (joint share); given a right trace, {written(right)} of the answers "
        f"are right, given a wrong one, {written(wrong)} (conditional shares)."
    )


def retrieval_rule(findings: Findings) -> str:
    """Hold the two rules for a right retrieval step against traces that SFT made wrong."""
    published, own = (get(findings, "facts_right", scorer, "incorrect") for scorer in SCORERS)
    if not (published and own):
        return "The run has no traces after SFT on incorrect ones that both scorers judge."
    lenient = lenient_datasets(findings)
    return (
        f"After SFT on incorrect traces, the published scorer takes {written(published)} of the retrieval "
        f"steps as right, {SCORERS['aligned']} {written(own)}"
        + (
            f": on {' and '.join(lenient)} the published shares average over right and wrong facts."
            if lenient
            else "."
        )
    )


def decomposition(findings: Findings, settings: Statistics) -> str:
    """Say which step the association of trace and answer lies in, where facts name answers."""
    facts, label, given, implied = (get(findings, name) for name in PHIS)
    copied, whole = get(findings, "copying_rate"), get(findings, "phi")
    pairs = [(one, other) for one in facts for other in label if one[:3] == other[:3]]
    if not (pairs and copied):
        return "Which step the association lies in cannot be said: no facts of the run name answers."
    if all(one.low > max(abs(other.low), abs(other.high)) for one, other in pairs):
        where = "the association lies in the retrieval step"
    elif all(one.high < other.low for one, other in pairs):
        where = "the association lies in the class step"
    else:
        where = "which step carries the association differs or cannot be told"
    held = [one for one in whole if any(one[:3] == other[:3] for other in implied)]
    within = [one for one in get(findings, "holm_p_class") if any(one[:3] == other[:3] for other in label)]
    bounds = settings.claims
    return (
        f"By {SCORERS['aligned']}, phi of the answer is {written(facts)} with the "
        f"retrieval step ({strength(facts, bounds)}), {written(label)} with the class step "
        f"({strength(label, bounds)}) and {written(given)} with the class step where retrieval is right "
        f"({strength(given, bounds)}): {where}. Within classes, that of the class step is seen in "
        f"{significant(within, settings.alpha)} of {len(within)} models. Of the readable answers, "
        f"{written(copied)} are exactly the entities of the facts that the trace names"
        + (": the retrieval step contains the answer" if containing_datasets(findings) else "")
        + f". With these entities in the answer's place, phi with the whole trace is {written(implied)}, "
        f"against {written(held)} as generated." + control(findings)
    )


def control(findings: Findings) -> str:
    """Say how far an answer that saw no trace goes with the retrieval step; nothing without such answers."""
    found = get(findings, CONTROL)
    if not found:
        return ""
    return (
        f" Phi of the retrieval step with the answer of the same model without traces is {written(found)}: "
        "so much goes with items that are easy or hard, whatever the trace says."
    )


def use_of_trace(findings: Findings) -> str:
    """Say how answers go with a trace that implies a wrong one, after either kind of SFT."""
    arms = {"correct": "correct traces", "incorrect": "incorrect ones"}
    if not all(get(findings, "follows_share", arm=arm) for arm in arms):
        return "How answers use a wrong trace cannot be compared: the run lacks one kind of SFT."
    shares_ = [
        f"{written(get(findings, 'follows_share', arm=arm))} of the items after SFT on {title} (right: "
        f"{written(get(findings, 'true_share', arm=arm))}; the same model without traces gives the implied "
        f"one for {written(get(findings, 'baseline_share', arm=arm))})"
        for arm, title in arms.items()
    ]
    moved = [
        f"after SFT on {title} answers {movement(get(findings, 'excess', arm=arm))}"
        for arm, title in arms.items()
    ]
    return (
        f"Where a trace names wrong facts that imply a wrong answer, the answer is that one for "
        f"{' and for '.join(shares_)}: {', '.join(moved)}."
    )


def movement(excess: Findings) -> str:
    """Name how answers stand to those without traces: more implied ones, fewer, or no difference seen."""
    names = dict.fromkeys(
        "follow the trace beyond baseline"
        if one.low > 0
        else "avoid what the trace implies"
        if one.high < 0
        else "are not seen to be moved by the trace"
        for one in excess
    )
    return " or ".join(names) or "have no baseline"


def limits(findings: Findings) -> str:
    """Say what neither scorer's numbers can show, and why."""
    reasons = []
    if lenient := lenient_datasets(findings):
        reasons.append(f"on {' and '.join(lenient)} the published ones count wrong facts as right retrieval")
    if containing := containing_datasets(findings):
        reasons.append(
            f"on {' and '.join(containing)} those by {SCORERS['aligned']} hold nearly by construction, "
            "for the right facts name the right answer"
        )
    reason = f": {', and '.join(reasons)}" if reasons else ""
    return (
        f"Neither set of shares tells whether a right trace causes a right answer{reason}. That takes an "
        "intervention on the trace at inference."
    )


def significant(found: Findings, alpha: float) -> int:
    """Count the p-values below the error rate."""
    return sum(one.value < alpha for one in found)


def limited(one: Finding | None) -> str:
    """Write a coefficient with its interval."""
    if one is None:
        return "undefined"
    value, low, high = (show_number(number, 2) for number in (one.value, one.low, one.high))
    return f"{value} [{low}, {high}]"


def get(
    findings: Findings, measure: str, scorer: str = "aligned", arm: str | None = "correct"
) -> list[Finding]:
    """Findings of one measure, scorer and SFT arm (None: every arm)."""
    return [
        one for one in findings if (one.measure, one.scorer) == (measure, scorer) and arm in (None, one.arm)
    ]


def lenient_datasets(findings: Findings) -> list[str]:
    """Datasets where the published scorer takes most steps after SFT on incorrect traces as right."""
    return _datasets_of_most(get(findings, "facts_right", "published", "incorrect"))


def containing_datasets(findings: Findings) -> list[str]:
    """Datasets where most answers are the entities of the facts that the trace names."""
    return _datasets_of_most(get(findings, "copying_rate"))


def _datasets_of_most(found: Findings) -> list[str]:
    """Titles of datasets where a share is more than MOST for every model."""
    few = {one.dataset for one in found if one.value <= MOST}
    names = dict.fromkeys(one.dataset for one in found)
    return [dataset_title(name) for name in names if name not in few]


def strength(findings: Findings, bounds: Claims) -> str:
    """Name associations by the bounds; none where the interval holds zero."""
    names = []
    for one in findings:
        size = abs(one.value)
        if one.low <= 0 <= one.high:
            names.append("none seen")
        else:
            names.append("weak" if size < bounds.weak else "moderate" if size < bounds.moderate else "strong")
    return " or ".join(dict.fromkeys(names))


def written(findings: Findings) -> str:
    """Write one measure dataset by dataset, as a range over models: `49.3–56.2 % (CoTempQA)`."""
    by_dataset: dict[str, list[float]] = {}
    for one in findings:
        by_dataset.setdefault(one.dataset, []).append(one.value)
    unit, digits = ("", 2) if findings and findings[0].measure.startswith("phi") else (" %", 1)
    parts = []
    for dataset, values in by_dataset.items():
        ends = dict.fromkeys(show_number(end, digits) for end in (min(values), max(values)))
        parts.append(f"{' to '.join(ends)}{unit} ({dataset_title(dataset)})")
    return ", ".join(parts) or "an undefined share"
