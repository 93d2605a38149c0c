"""Times as a person would say them."""

import math


def say_time(seconds: float) -> str:
    """Say how long something takes by the clock."""
    if seconds < 90:
        return f"{max(round(seconds, -1), 10):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def say_hours(hours: float) -> str:
    """Say an amount of work; `?` where it is not known (NaN), nothing where there is none."""
    if math.isnan(hours):
        return "?"
    if hours < 1.5:
        return say_time(hours * 3600) if hours else ""
    return f"{hours:.1f} h" if hours < 99.95 else f"{hours:,.0f} h"
