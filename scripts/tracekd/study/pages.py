"""The survey of a group as one HTML file: whole in itself, and it may load nothing.

It may send answers to the origin of the study's `upload`, or nothing at all where that is null. What a model
wrote is data: it stands in the file as JSON in which no `<` is left, and the page shows it as text. Script
and style are the only ones that the policy lets run, by their hashes.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from tracekd.core.files import atomic_write, sha256_text
from tracekd.settings.study import Study
from tracekd.study.plan import find_task
from tracekd.study.tasks import FIND_ERROR, PREDICT

CODE_LENGTH = 8


def survey_page(
    study: Study, plan: Mapping[str, Any], group: str, template: str, style: str, program: str
) -> str:
    """Write the survey of one group.

    Args:
        study: its definition, for the texts around the items.
        plan: what each group sees.
        group: name of the group.
        template: of the page (Jinja2).
        style: CSS of the page.
        program: JavaScript of the page.

    """
    return render(
        template,
        title=study.title,
        policy=content_policy(style, program, connect=study.upload),
        style=Markup(style),
        program=Markup(program),
        data=Markup(escape_json(survey_data(study, plan, group))),
    )


def survey_data(study: Study, plan: Mapping[str, Any], group: str) -> dict[str, Any]:
    """Everything that the page of a group shows and exports; not which of its texts have a mistake."""
    items = {item["item"]: item for item in plan["items"]}
    trials = {trial["item"]: trial for trial in plan.get("trials", [])}
    seen = next(one for one in plan["groups"] if one["group"] == group)
    debrief = [study.find_error.debrief] if study.find_error else []
    return {
        "study": plan["study"],
        "plan_sha256": plan["plan_sha256"],
        "group": group,
        "code": completion_code(plan, group),
        "contact": study.contact,
        "pages": study.pages.model_dump(include={"agree", "instruction"})
        | {"consent": [*study.pages.consent, say_what_becomes_of_answers(study)]}
        | {"debrief": [*study.pages.debrief, *debrief]},
        "upload": study.upload,
        "scale": plan["scale"],
        "questions": [{name: one[name] for name in ("name", "text", "scale")} for one in plan["questions"]],
        "checks": plan["checks"],
        "tasks": {kind: find_task(plan, kind) for kind in (PREDICT, FIND_ERROR)},
        "items": [
            {
                **step,
                "question": items[step["item"]]["question"],
                "context": items[step["item"]]["context"],
                "text": items[step["item"]]["texts"][step["condition"]],
                "answer": items[step["item"]]["answers"][step["condition"]],
                "choices": items[step["item"]].get("choices", []),
            }
            for step in seen["sequence"]
        ],
        "trials": [
            {
                "item": step["item"],
                "condition": step["condition"],
                "question": trials[step["item"]]["question"],
                "context": trials[step["item"]]["context"],
                "text": trials[step["item"]]["planted" if step["planted"] else "texts"][step["condition"]],
            }
            for step in seen.get("trials", [])
        ],
    }


def say_what_becomes_of_answers(study: Study) -> str:
    """Give the paragraph of the consent that is true of this page."""
    if study.upload is None:
        return study.pages.kept
    return study.pages.sent.replace("{host}", urlsplit(study.upload).netloc)


def label_points(scale: Mapping[str, Any]) -> list[str]:
    """Label of every point of a scale: its number, too, where only both ends have labels."""
    points, labels = range(scale["low"], scale["high"] + 1), scale["labels"]
    if len(labels) == len(points):
        return list(labels)
    ends = {scale["low"]: labels[0], scale["high"]: labels[-1]}
    return [f"{point} {ends.get(point, '')}".strip() for point in points]


def completion_code(plan: Mapping[str, Any], group: str) -> str:
    """Code by which a recruiting platform knows that a participant of this group came to the end."""
    return sha256_text(f"{plan['plan_sha256']}/{group}")[:CODE_LENGTH].upper()


def escape_json(value: Any) -> str:
    """JSON in ASCII without `<`, `>` and `&`, so that no text can end or open a tag."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def content_policy(style: str, program: str, nonce: str = "", connect: str | None = None) -> str:
    """Content security policy that lets just this style and program run, and no request leave the page.

    With a nonce, scripts that bear it run, too: the program may load files beside the page by it. With an
    address to connect to, requests may go to its origin.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_source_hash(program)}'" + (f" 'nonce-{nonce}'" if nonce else ""),
            f"style-src '{_source_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            *([f"connect-src {_origin(connect)}"] if connect else []),
        ]
    )


def render(template: str, **values: Any) -> str:
    """Fill in a template; every value is escaped unless it is Markup."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(template).render(**values)


def write_text(text: str, path: str | Path) -> None:
    """Write a page, whole or not at all."""
    with atomic_write(path) as stream:
        stream.write(text)


def _origin(address: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _source_hash(text: str) -> str:
    """Name of an inline script or style in a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
