"""Which released files would bring the published numbers that a replay lacks."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from tracekd.claims.ledger import ANY, Claim
from tracekd.models.registry import Model
from tracekd.released.registry import Released, get_paths


@dataclass(frozen=True, slots=True)
class Downloads:
    """What a replay could still be given.

    Attributes:
        released: the registry of released files.
        models: the model registry, for the organisation in the names of some files.
        present: paths of the files that the replay has.

    """

    released: Released
    models: Mapping[str, Model]
    present: Set[str]

    def find(self, claim: Claim) -> list[str]:
        """Give the paths of the files that a claim's number needs and the replay lacks.

        They are those of the claim's class, else of all classes, for the seeds of the claim, else for the
        first seed; of a claim that names no model or arm, those of the first for which they are known. None
        where the registry does not know all of them.
        """
        for model, arm in self._cells(claim):
            lacking = [path for path in self._needed(claim, model, arm) if path not in self.present]
            if lacking and self.released.files.keys() >= set(lacking):
                return lacking
        return []

    def _cells(self, claim: Claim) -> Iterator[tuple[str, str]]:
        """Yield model and arm of the cells that a claim may be about."""
        known = self.released.datasets.get(claim.dataset)
        arms = [claim.arm] if claim.arm != ANY else known.generations if known else []
        for model in self.models if claim.model == ANY else [claim.model]:
            for arm in arms:
                yield model, arm

    def _needed(self, claim: Claim, model: str, arm: str) -> Iterator[str]:
        """Yield the paths of the files that a claim is about in one cell."""
        for seed in claim.seeds or (self.released.first_seed,):
            paths = get_paths(self.released, claim.dataset, model, arm, seed, self.models)
            one_class = paths.get(claim.class_label)
            yield from [one_class] if one_class else paths.values()
