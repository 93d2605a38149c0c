"""Arithmetic word problems: a fourth dataset with three rule-checkable steps, arms, a scorer and a condition.

The story of this folder is docs/extending.md.
"""

from tracekd.datasets import add_dataset
from tracekd.datasets.simulation import add_simulator
from tracekd.interventions.prefills import Condition, add_condition
from tracekd.scoring import Scorer, add_scorer
from tracekd.traces.arms import Arm, Style, add_arm
from tracekd.traces.verification import Expected, add_verifier, expect
from word_problems import simulator, verifier
from word_problems.dataset import WordProblems
from word_problems.scorer import judge

add_dataset(WordProblems())
add_verifier("word_problems", verifier)
add_simulator("word_problems", simulator)

# right facts and operation, but an equation with another number in it
add_arm(Arm("wrong_equation", "wrong equation", True, {"equation": False}, style=Style("#117733", "p")))
expect("wrong_equation", Expected(True, {"equation": False}))
# the right steps from the last to the first: reasons after the conclusion
add_arm(Arm("backwards", "backwards", True, order_matters=True, style=Style("#332288", "h")))
expect("backwards", Expected(True, backwards=True))

add_condition(Condition("wrong_equation", "wrong equation", arm="wrong_equation"))
add_scorer(
    Scorer(
        "closeness", judge, ("closeness",), headline="closeness", title="closeness of the answer", marker="D"
    )
)
