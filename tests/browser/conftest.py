"""A real Chromium against the running product."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.running_product import HOST, RunningProduct

USER, PASSWORD = "anna", "a long enough password"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP *.example.test 127.0.0.1",
]
AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Set it to look at the pages: every `look` is also kept there as a picture.
PICTURES = os.environ.get("CERTIFLOW_TEST_PICTURES", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def playwright_engine() -> Iterator[Playwright]:
    """Stopped after each file: while its event loop runs, Django refuses to use the database."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; `make test-tools` installs it.")
    with sync_playwright() as engine:
        yield engine


@pytest.fixture(scope="module")
def browser(playwright_engine: Playwright) -> Iterator[Browser]:
    started = playwright_engine.chromium.launch(
        executable_path=CHROMIUM, chromium_sandbox=False, args=ARGUMENTS
    )
    yield started
    started.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = RunningProduct(tmp_path_factory.mktemp("product")).start()
    yield running
    if running.process is not None and running.process.poll() is None:
        assert running.stop() == 0, running.log.read_text()


@pytest.fixture(scope="module")
def context(browser: Browser, product: RunningProduct) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        base_url=product.url, ignore_https_errors=True, accept_downloads=True
    )
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(context: BrowserContext) -> Page:
    return context.new_page()


def set_up(running: RunningProduct, *arguments: str) -> RunningProduct:
    """With an administrator and a root, as `certiflow setup` makes them; not started yet."""
    done = running.command(
        *("setup", "--admin", USER, "--password-stdin", "--root-key-size", "2048"),
        *arguments,
        stdin=f"{PASSWORD}\n",
    )
    assert done.returncode == 0, done.stderr
    return running


def sign_in(page: Page, *, fresh: bool = True) -> None:
    """The administrator of `set_up`; the overview is there afterwards.

    With ``fresh`` what is of consequence asks for the password no more for five minutes.
    """
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    if fresh:
        expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
        page.goto("/accounts/reauthenticate/")
        confirm(page)
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


def confirm(page: Page) -> None:
    """Enter the password once more, where the product asks for it."""
    expect(page.get_by_role("heading", level=1, name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA on the page as it is now, a line each."""
    # As a function body, not as a script element: the page's own policy forbids the latter.
    page.evaluate(AXE.read_text())
    result = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", WCAG
    )
    return [
        f"{page.url}: {found['id']}: {found['help']}: {node['target']} {node['html'][:200]}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


def look(page: Page, name: str, heading: str = "") -> list[str]:
    """Look at the page light and dark, wide and narrow: what is wrong with it, a line each.

    With ``heading`` it waits until the page of that heading is there, as after a click.
    """
    if heading:
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    page.wait_for_load_state()
    wrong = []
    for scheme in ("light", "dark"):
        # Without motion, so that no colour is looked at on its way to another.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width, height in ((1280, 900), (400, 800)):
            page.set_viewport_size({"width": width, "height": height})
            if PICTURES:
                page.screenshot(
                    path=Path(PICTURES) / f"{name}-{scheme}-{width}.png", full_page=True
                )
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wrong.append(f"{page.url}: wider than {width} px")
            wrong += violations(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 900})
    return wrong
