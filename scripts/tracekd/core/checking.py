"""What the independent verifiers of the datasets share: how quoted facts are held against the gold ones.

They share no code with the builder of traces: a fault there must not be a fault here.
"""

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
