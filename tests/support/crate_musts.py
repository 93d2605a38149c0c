"""What an RO-Crate of a workflow run MUST have, each with the text that says so; read back by the library.

RO-Crate 1.1: https://www.researchobject.org/ro-crate/specification/1.1/ (root-data-entity, data-entities)
Workflow RO-Crate 1.0: https://about.workflowhub.eu/Workflow-RO-Crate/
Process, Workflow and Provenance Run Crate 0.5: https://w3id.org/ro/wfrun/{process,workflow,provenance}/0.5
"""

import json
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rocrate.model import Entity
from rocrate.rocrate import ROCrate

METADATA = "ro-crate-metadata.json"
TOOLS = {"SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"}


def list_broken(folder: Path) -> list[str]:
    """List the MUSTs that the crate in a folder does not keep, or say why the library does not read it."""
    graph = json.loads((folder / METADATA).read_text("utf-8"))["@graph"]
    if len({one["@id"] for one in graph}) < len(graph):
        return ["an @id occurs once"]
    if not all(one["about"]["@id"].endswith("/") for one in graph if one["@id"] == METADATA):
        return ["the @id of the root ends with /"]
    with warnings.catch_warnings():
        # of a file that no hasPart leads to; it is a MUST below
        warnings.simplefilter("ignore")
        try:
            crate = ROCrate(folder)
        except ValueError as error:
            return [str(error)]
    return [must for must, holds in MUSTS.items() if not holds(crate)]


def types(entity: object) -> set[str]:
    """Types of an entity; none of what the crate does not describe."""
    if not isinstance(entity, Entity):
        return set()
    return {entity.type} if isinstance(entity.type, str) else set(entity.type)


def get(entity: object, name: str) -> list[object]:
    """Values of a property."""
    value = entity.get(name, []) if isinstance(entity, Entity) else []
    return value if isinstance(value, list) else [value]


def find(crate: ROCrate, kind: str) -> list[Entity]:
    """Entities of a type."""
    return [one for one in crate.get_entities() if kind in types(one)]


def conforms(profile: str) -> Callable[[ROCrate], bool]:
    """The root names the profile, which the crate describes."""
    return lambda crate: any(
        isinstance(one, Entity) and one.id == profile and "CreativeWork" in types(one)
        for one in get(crate.root_dataset, "conformsTo")
    )


def is_date(value: object) -> bool:
    """Whether it is an ISO 8601 date, of a day at least."""
    try:
        return bool(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return False


def is_placed(crate: ROCrate, entity: Entity) -> bool:
    """Whether an @id is an absolute URI, or the path of something in the crate."""
    place = Path(unquote(entity.id))
    inside = not place.is_absolute() and ".." not in place.parts
    return bool(urlsplit(entity.id).scheme) or (inside and (Path(crate.source) / place).exists())


def points(entities: list[Entity], name: str, kinds: set[str]) -> bool:
    """Whether each of them has this property, and it leads to entities of these types only."""
    return all(get(one, name) and all(types(other) & kinds for other in get(one, name)) for one in entities)


MUSTS: dict[str, Callable[[ROCrate], bool]] = {
    "RO-Crate, root: name, description, licence": lambda crate: all(
        crate.root_dataset.get(name) for name in ("name", "description", "license")
    ),
    "RO-Crate, root: datePublished is an ISO 8601 date": lambda crate: is_date(
        crate.root_dataset.get("datePublished")
    ),
    "RO-Crate, data entities: hasPart leads to each": lambda crate: (
        {one.id for kind in ("File", "Dataset") for one in find(crate, kind)} - {"./"}
        <= {one.id for one in crate.data_entities}
    ),
    "RO-Crate, data entities: a path in the crate or an absolute URI": lambda crate: all(
        is_placed(crate, one) for one in crate.data_entities
    ),
    "Workflow RO-Crate: the main entity is a workflow that is a file of the crate": lambda crate: (
        {"File", "SoftwareSourceCode", "ComputationalWorkflow"} <= types(crate.mainEntity)
    ),
    "Workflow RO-Crate: the workflow's language": lambda crate: points(
        [crate.mainEntity], "programmingLanguage", {"ComputerLanguage"}
    ),
    "Process Run Crate: conformsTo": conforms("https://w3id.org/ro/wfrun/process/0.5"),
    "Process Run Crate: an action names what ran": lambda crate: points(
        find(crate, "CreateAction"), "instrument", TOOLS
    ),
    "Workflow Run Crate: conformsTo": conforms("https://w3id.org/ro/wfrun/workflow/0.5"),
    "Workflow Run Crate: an action is the run of the main workflow": lambda crate: any(
        get(one, "instrument") == [crate.mainEntity] for one in find(crate, "CreateAction")
    ),
    "Provenance Run Crate: conformsTo": conforms("https://w3id.org/ro/wfrun/provenance/0.5"),
    "Provenance Run Crate: the workflow has its tools as parts": lambda crate: points(
        [crate.mainEntity], "hasPart", TOOLS
    ),
    "Provenance Run Crate: of each tool an action tells": lambda crate: (
        {one.id for one in get(crate.mainEntity, "hasPart")}
        <= {one.id for action in find(crate, "CreateAction") for one in get(action, "instrument")}
    ),
    "Provenance Run Crate: a workflow with steps is a HowTo": lambda crate: (
        not get(crate.mainEntity, "step") or "HowTo" in types(crate.mainEntity)
    ),
    "Provenance Run Crate: a step is one of the workflow": lambda crate: (
        {one.id for one in find(crate, "HowToStep")} <= {one.id for one in get(crate.mainEntity, "step")}
    ),
    "Provenance Run Crate: a step names its tool": lambda crate: points(
        find(crate, "HowToStep"), "workExample", TOOLS
    ),
    "Provenance Run Crate: the run of a step names the step": lambda crate: points(
        find(crate, "ControlAction"), "instrument", {"HowToStep"}
    ),
    "Provenance Run Crate: the run of a step names its actions": lambda crate: points(
        find(crate, "ControlAction"), "object", {"CreateAction"}
    ),
}
