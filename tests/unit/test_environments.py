"""Every environment against the rules that name it, quickly; `make test-envs` proves it by running them."""

import pytest
from support.environments import (
    find_imports,
    find_needed,
    find_packages,
    read_pins,
    read_requirements,
    read_rules,
)
from support.examples import ROOT

ENVIRONMENTS = sorted(path.stem for path in ROOT.glob("envs/*.yaml"))
HEAVY = {"torch", "transformers", "datasets", "peft", "bitsandbytes", "accelerate"}


@pytest.mark.parametrize("rule", read_rules(), ids=lambda rule: rule.name)
def test_what_a_rules_script_imports_is_in_its_environment(rule):
    pins = set(read_pins(rule.environment))
    missing = [
        f"{one.place} imports {one.module}"
        for one in sorted(find_imports(rule.script))
        if not find_packages(one.module) & pins
    ]
    assert not missing, f"envs/{rule.environment}.yaml lacks {missing}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_pins_all_that_its_packages_need_in_turn(environment):
    pins, requirements = read_pins(environment), read_requirements()
    needed = {name: requirements[name] for name in find_needed(pins) if name in requirements}
    assert pins == needed


def test_every_environment_is_named_by_a_rule():
    assert {rule.environment for rule in read_rules()} == set(ENVIRONMENTS)


@pytest.mark.parametrize("environment", sorted({*ENVIRONMENTS} - {"train"}))
def test_only_training_and_generation_have_torch(environment):
    assert not HEAVY & set(read_pins(environment))
