"""What the verifiers of the datasets share: taking traces apart, holding quoted facts against gold ones.

They share no code with the builder of traces: a fault there must not be a fault here.
"""

import re
from collections.abc import Collection

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


def match_steps(form: re.Pattern[str], reasoning: str) -> dict[str, str] | None:
    """Take a reasoning text apart by a pattern with a group per step: what each step that is there states.

    None where the whole text does not have that form.
    """
    found = form.fullmatch(reasoning)
    return {step: text for step, text in found.groupdict().items() if text is not None} if found else None
