"""A small study plan and its exports, for tests."""

import json

CONDITIONS = [
    {"name": "decomposed", "arm": "correct", "title": "Decomposed trace"},
    {"name": "summary", "arm": "r1_summary", "title": "Summary of R1"},
    {"name": "explanation", "arm": "r1_explanation", "title": "Explanation of R1"},
    {"name": "r1", "arm": "r1", "title": "R1 trace"},
]
QUESTIONS = [
    {
        "name": "follow",
        "dimension": "interpretability",
        "facet": "comprehensibility",
        "text": "I could follow it.",
        "reversed": False,
    },
    {
        "name": "unclear",
        "dimension": "interpretability",
        "facet": "faithfulness",
        "text": "It is unclear.",
        "reversed": True,
    },
    {"name": "effort", "dimension": "load", "facet": "effort", "text": "It took effort.", "reversed": False},
]
QUESTIONS = [question | {"source": "own wording", "scale": None} for question in QUESTIONS]
ITEMS = [f"question-{number}" for number in range(4)]
SHA = "a" * 64


def make_plan(design="between", scale=(1, 5)):
    """A plan of one block of four items, with short texts."""
    names = [condition["name"] for condition in CONDITIONS]
    groups = [
        {
            "group": "ABCD"[group],
            "sequence": [
                {"item": item, "condition": names[group if design == "between" else (group + place) % 4]}
                for place, item in enumerate(ITEMS)
            ],
        }
        for group in range(4)
    ]
    return {
        "study": "A small study",
        "design": design,
        "plan_sha256": SHA,
        "conditions": CONDITIONS,
        "scale": {
            "low": scale[0],
            "high": scale[1],
            "labels": ["no", "rather no", "neither", "rather yes", "yes"],
        },
        "questions": QUESTIONS,
        "checks": [{"name": "attention", "text": "Choose 5.", "expected": 5}],
        "items": [
            {
                "item": item,
                "class": "mix",
                "answer_ok": True,
                "question": "Where did he work?",
                "context": ["He worked in Leeds."],
                "texts": {name: f"The {name} says so." for name in names},
                "answers": dict.fromkeys(names, "Leeds"),
            }
            for item in ITEMS
        ],
        "groups": groups,
    }


def make_export(plan, group="A", participant="p1", value=4, completed=True):
    """An export in which every answer has the same value."""
    sequence = next(part["sequence"] for part in plan["groups"] if part["group"] == group)
    return {
        "study": plan["study"],
        "plan_sha256": plan["plan_sha256"],
        "group": group,
        "participant": participant,
        "completed": completed,
        "answers": [
            {"position": position, **step, "question": question["name"], "value": value, "seconds": 12.5}
            for position, step in enumerate(sequence, start=1)
            for question in plan["questions"]
        ],
        "checks": [{"check": "attention", "value": 5, "passed": True}],
    }


def write_json(folder, *exports):
    """Write exports as the survey saves them."""
    folder.mkdir(exist_ok=True)
    for export in exports:
        path = folder / f"{export['participant']}.json"
        path.write_text(json.dumps(export, indent=2), "utf-8")
    return folder


def as_csv(*exports, delimiter=","):
    """The CSV of the same exports."""
    names = ["study", "plan_sha256", "group", "participant", "completed"]
    columns = [*names, "position", "item", "condition", "question", "value", "seconds"]
    lines = [columns]
    for export in exports:
        head = [str(export[name]).lower() if name == "completed" else export[name] for name in names]
        for answer in export["answers"]:
            lines.append([*head, *(answer[name] for name in columns[5:])])
        for check in export["checks"]:
            lines.append([*head, "", "", "", check["check"], check["value"], ""])
    return "".join(delimiter.join(map(str, line)) + "\r\n" for line in lines)
