"""The pages of this folder as a site: `make docs`."""

project = "tracekd"
author = "The tracekd developers"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Trace-based knowledge distillation, reproducible"
# the site is the same whoever builds it, and when
html_show_sphinx = False
html_last_updated_fmt = None
exclude_patterns = ["_build", "bench"]
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
