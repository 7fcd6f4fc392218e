"""The overview as it is looked at: with nothing, with three servers, with a fleet."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import look, set_up, sign_in
from tests.running_product import RunningProduct


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = RunningProduct(tmp_path_factory.mktemp("overview"))
    set_up(running).start()
    yield running
    running.stop()


def make(product: RunningProduct, what: str) -> None:
    """One of `tests.browser.overview_data`, in the installation's own settings."""
    code = (
        f"import django; django.setup(); from tests.browser import overview_data as d; d.{what}()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=product.environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def signed_in(page: Page, product: RunningProduct) -> Page:
    sign_in(page)
    return page


def test_with_nothing_each_card_says_what_comes_there(
    signed_in: Page, product: RunningProduct
) -> None:
    make(product, "nothing")
    signed_in.goto("/")
    expect(signed_in.get_by_role("link", name="Add the first server")).to_be_visible()
    expect(signed_in.get_by_role("heading", name="No workstation yet")).to_be_visible()
    assert not look(signed_in, "overview-empty", "Overview")


def test_with_three_servers_all_of_them_are_told(signed_in: Page, product: RunningProduct) -> None:
    make(product, "three_servers")
    signed_in.goto("/")
    soonest = signed_in.get_by_role("region", name="Next to expire").get_by_role("row")
    expect(soonest.nth(1)).to_contain_text("cm3.example.com")
    # The three, and the root.
    expect(soonest).to_have_count(5)
    assert not look(signed_in, "overview-small", "Overview")


def test_with_a_fleet_a_number_leads_to_its_list(signed_in: Page, product: RunningProduct) -> None:
    make(product, "thirty_servers_and_a_fleet")
    page = signed_in
    page.goto("/")
    assert not look(page, "overview-full", "Overview")
    link = page.get_by_role("link", name="Workstations, within 90 days: 12")
    link.click()
    expect(page.get_by_role("row")).to_have_count(13)
    due = page.get_by_role("cell").filter(has_text="Due, not renewed")
    expect(due).to_have_count(12)
    assert not look(page, "workstations-due", "Workstations")


def test_one_click_renews_and_leads_to_the_downloads(signed_in: Page) -> None:
    page = signed_in
    page.goto("/")
    page.get_by_role("button", name="Renew branch-berlin.example.com").click()
    told = page.get_by_role("status").filter(has_text="branch-berlin.example.com is renewed until")
    expect(told).to_contain_text("Now install it")
    told.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Downloads")).to_be_in_viewport()


def test_a_page_that_is_out_of_date_renews_nothing_twice(signed_in: Page) -> None:
    page = signed_in
    page.goto("/")
    other = page.context.new_page()
    other.goto("/")
    for each in (other, page):
        each.get_by_role("button", name="Renew branch-oslo.example.com").click()
    expect(other.get_by_text("branch-oslo.example.com is renewed until")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(
        "anna gave branch-oslo.example.com a new certificate at"
    )
    other.close()


def test_it_is_fetched_anew_and_never_under_a_finger(signed_in: Page) -> None:
    page = signed_in
    page.clock.install()
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    button = page.get_by_role("button", name="Renew branch-porto.example.com")
    button.focus()
    page.clock.fast_forward(31_000)
    page.wait_for_timeout(300)
    expect(button).to_be_focused()
    assert page.url not in asked
    button.blur()
    with page.expect_response(page.url):
        page.clock.fast_forward(31_000)
    expect(button).to_be_visible()
