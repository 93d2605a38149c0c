"""Figures: tables in; PDF and PNG at print size out, in the one style of `style`."""

import os

# before matplotlib is first imported: a notebook's shell names a backend of its own, which need not be there
os.environ["MPLBACKEND"] = "agg"
