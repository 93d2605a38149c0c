"""A headless browser for the tests of this folder: Debian's chromium."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright
from support.missing import skip_without

# a browser on a busy machine may take its time
TIMEOUT_MS = 60_000


@pytest.fixture(scope="module")
def browser():
    """The browser; its absence is a failure in CI and a skip elsewhere.

    Of a module, not of the session: while it runs, no other test of the process could start an event loop.
    """
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing: install the package chromium")
        skip_without("chromium", "install the package chromium")
    with sync_playwright() as playwright:
        # the page under test is our own, and containers lack what the sandbox needs
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=3 * TIMEOUT_MS
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Open a page in a fresh profile; at the end nothing may have left it or failed in it."""
    contexts, requests, errors = [], [], []

    def open_(path, query="", **options):
        context = browser.new_context(**options)
        context.set_default_timeout(TIMEOUT_MS)
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(path.as_uri() + query)
        contexts.append(context)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not [url for url in requests if not url.startswith(("file:", "blob:", "data:"))]
    assert not errors
