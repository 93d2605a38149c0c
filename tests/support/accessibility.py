"""What axe-core says of a page, and the screens on which it is asked."""

from axe_playwright_python.sync_playwright import Axe

LOOKS = {
    "wide, light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "narrow, dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


def assert_accessible(page, where):
    """No issue that axe-core calls serious or critical, and nothing wider than the screen."""
    found = Axe().run(page).response["violations"]
    bad = [
        (one["id"], node["html"][:120], node["failureSummary"])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert not bad, (where, bad)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
