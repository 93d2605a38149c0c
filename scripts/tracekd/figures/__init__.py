"""Figures: tables in; PDF and PNG at print size out, in the one style of `style`."""
