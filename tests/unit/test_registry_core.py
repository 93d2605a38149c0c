"""Registries: in order, made once when asked for, and one sentence for a name that is not there."""

import pytest
from support.own_datasets import kept_registries
from tracekd.core.errors import ConfigError
from tracekd.core.registry import Registry
from tracekd.datasets import get_dataset
from tracekd.datasets.published import RULES
from tracekd.datasets.simulation import get_simulator
from tracekd.interventions.prefills import CONDITIONS, Condition, add_condition, condition_title
from tracekd.scoring import get_scorer
from tracekd.traces.arms import ARMS, Arm, add_arm, get_arm
from tracekd.traces.verification import VERIFIERS


def test_things_keep_their_order_and_are_made_once_when_asked_for():
    made, registry = [], Registry("thing")
    for name in ("b", "a"):
        registry.add(name, lambda name=name: made.append(name) or object())
    assert (list(registry), len(registry), "a" in registry, "c" in registry) == (["b", "a"], 2, True, False)
    assert made == []
    assert registry.get("a") is registry.get("a")
    assert made == ["a"]
    assert registry.values() == [registry.get("b"), registry.get("a")]
    assert made == ["a", "b"]


def test_a_name_is_taken_once():
    registry = Registry("thing")
    registry.add("a", object)
    with pytest.raises(ConfigError) as caught:
        registry.add("a", object)
    assert str(caught.value) == "thing 'a' is there already (give it another name)"


@pytest.mark.parametrize(
    ("get", "name", "sentence"),
    [
        (get_dataset, "cotempa", "dataset 'cotempa' is unknown (did you mean 'cotempqa'?)"),
        (get_arm, "corect", "arm 'corect' is unknown (did you mean 'correct'?)"),
        (get_scorer, "alined", "scorer 'alined' is unknown (did you mean 'aligned'?)"),
        (CONDITIONS.get, "wrong_fact", "condition 'wrong_fact' is unknown (did you mean 'wrong_facts'?)"),
        (condition_title, "golden", "condition 'golden' is unknown (did you mean 'gold'?)"),
        (get_simulator, "bab", "simulator of dataset 'bab' is unknown (did you mean 'babi'?)"),
        (VERIFIERS.get, "babbi", "verifier 'babbi' is unknown (did you mean 'babi'?)"),
        (
            RULES.get,
            "babbi",
            "rules of the published scorer for dataset 'babbi' is unknown (did you mean 'babi'?)",
        ),
        (get_scorer, "xyz", "scorer 'xyz' is unknown (choose from published, aligned)"),
        (get_dataset, "squad", "dataset 'squad' is unknown (choose from cotempqa, ms_marco, babi)"),
    ],
)
def test_an_unknown_name_comes_with_the_nearest_one(get, name, sentence):
    with pytest.raises(ConfigError) as caught:
        get(name)
    assert str(caught.value) == sentence


def test_what_is_added_is_found_and_a_second_of_its_name_is_refused():
    with kept_registries():
        add_arm(Arm("mine", "my arm", True, {"facts": None}))
        add_condition(Condition("blank", "blank trace", write=lambda setting: ""))
        assert get_arm("mine").title == "my arm" and list(ARMS)[-1] == "mine"
        assert condition_title("blank") == "blank trace"
        with pytest.raises(ConfigError, match="arm 'correct' is there already"):
            add_arm(Arm("correct", "another"))
        with pytest.raises(ConfigError, match="condition 'gold' is there already"):
            add_condition(Condition("gold", "another"))
    assert "mine" not in ARMS and "blank" not in CONDITIONS
