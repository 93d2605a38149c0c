"""Receive what participants of a survey send (`upload` of a study): one file an export, whole or not at all.

    python examples/receive_answers/receive.py results/RUN/study/plan.json answers https://PAGES.example.org

plan     of the study; what the analysis would refuse is refused here with the same sentence
answers  folder of the exports: `responses` of the study
origin   where the survey's pages lie; a browser lets no page of another origin read the reply

Nothing is ever replaced: a file is named by group, participant and content, so that an export that is sent
again, since the reply was lost, is the same file. Of a participant who sent a part and later the whole, the
analysis takes the whole.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

sys.path.append(str(Path(__file__).parents[2] / "scripts"))

from tracekd.core.errors import DataError
from tracekd.core.files import atomic_write
from tracekd.study.plan import read_plan
from tracekd.study.responses import check_export, parse_export

MOST_BYTES = 1 << 20  # an export of 40 items with ten statements has a tenth of it


def make_app(plan_path: Path, folder: Path, origin: str) -> Starlette:
    """Make the server of one study."""
    plan = read_plan(plan_path)

    async def receive(request: Request) -> PlainTextResponse:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse("too large", 413)
        try:
            export = parse_export(body.decode("utf-8"), "export")
            check_export(export, plan)
        except (DataError, UnicodeDecodeError) as error:
            return PlainTextResponse(str(error), 422)
        name = (
            f"{export.record['group']}_{export.record['participant']}_{hashlib.sha256(body).hexdigest()[:16]}"
        )
        with atomic_write(folder / f"{name}.json", "wb") as stream:
            stream.write(body)
        return PlainTextResponse("received", 201)

    pages_only = Middleware(
        CORSMiddleware, allow_origins=[origin], allow_methods=["POST"], allow_headers=["Content-Type"]
    )
    return Starlette(routes=[Route("/", receive, methods=["POST"])], middleware=[pages_only])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("origin")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    app = make_app(chosen.plan, chosen.answers, chosen.origin)
    uvicorn.run(app, host="127.0.0.1", port=chosen.port)  # a proxy in front of it speaks https
