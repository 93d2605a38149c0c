"""What the verifiers of the datasets share: taking traces apart, holding quoted facts against gold ones.

They share no code with the builder of traces: a fault there must not be a fault here.
"""

import re
import string
from collections.abc import Callable, Collection

from tracekd.core.errors import VerificationError


def are_facts_right(quoted: Collection[str], gold: Collection[str], where: str) -> bool:
    """Tell right facts (exactly the gold ones) from wrong ones (none of them, whatever the letter case).

    Raises VerificationError, naming the item, where some gold facts are quoted and others are not.
    """
    if set(quoted) == set(gold):
        return True
    leaked = {text.casefold() for text in quoted} & {text.casefold() for text in gold}
    if leaked:
        raise VerificationError(
            f"the retrieval step quotes a part of the gold facts: {sorted(leaked)[0]!r}", where=where
        )
    return False


def kinds_of_noise(
    quoted: Collection[str],
    context: Collection[str],
    gold: Collection[str],
    nearness: Callable[[str], int],
) -> frozenset[str]:
    """Say of quoted wrong facts whether they are `near` ones, `far` ones, both (of none) or neither.

    Near: as many of the context as it has, and none left out is nearer. Far: none of the context, and none
    that has anything in common with what is asked.
    """
    right = {text.casefold() for text in gold}
    wrong = {fact for fact in context if fact.casefold() not in right}
    own = wrong & set(quoted)
    least = min(map(nearness, own), default=0)
    near = len(own) == min(len(quoted), len(wrong)) and all(nearness(fact) <= least for fact in wrong - own)
    far = wrong.isdisjoint(quoted) and not any(map(nearness, quoted))
    return frozenset(["near"] * (near or not wrong) + ["far"] * far)


def shared_words(question: str, fact: str) -> int:
    """Count the different words of four characters or more, punctuation aside, that both texts have."""
    asked, told = (
        {
            word
            for piece in text.split()
            if len(word := "".join(sign for sign in piece.lower() if sign not in string.punctuation)) > 3
        }
        for text in (question, fact)
    )
    return len(asked.intersection(told))


def match_steps(form: re.Pattern[str], reasoning: str) -> dict[str, str] | None:
    """Take a reasoning text apart by a pattern with a group per step: what each step that is there states.

    None where the whole text does not have that form.
    """
    found = form.fullmatch(reasoning)
    return {step: text for step, text in found.groupdict().items() if text is not None} if found else None
