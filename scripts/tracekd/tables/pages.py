"""Tables as pages: the report of Snakemake shows pages and pictures, and offers all else as downloads."""

import re

from markdown_it import MarkdownIt
from markupsafe import Markup

from tracekd.study.pages import content_policy, render

# of a cell; the policy of the page lets no style stand in a tag
_ALIGNED = re.compile(r' style="text-align:(left|right)"')


def table_page(markdown: str, *, title: str, template: str, style: str) -> str:
    """Write a table as a page that is whole in itself, runs nothing and loads nothing.

    Args:
        markdown: the table with what stands around it; HTML in it is text.
        title: of the page.
        template: of the page (Jinja2).
        style: CSS of the page.

    """
    content = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return render(
        template,
        title=title,
        policy=content_policy(style, ""),
        style=Markup(style),
        content=Markup(_ALIGNED.sub(r' class="\1"', content)),
    )
