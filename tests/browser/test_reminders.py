"""What expires is seen, taken up and put off; and who is told when."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import look, set_up, sign_in
from tests.running_product import RunningProduct

#: Three servers whose certificates end soon, and a workstation that nobody decides about.
WORLD = """
from datetime import timedelta
from django.utils import timezone
from pki.actions.actor import SYSTEM
from pki.actions.servers import add_server
from pki.actions.server_certificates import issue_for_server
from pki.models import *
from pki.x509.keys import KeySpec
User.objects.update(email="anna@example.com")
for number, days in ((1, 2), (2, 12), (3, 50)):
    server = add_server(f"cm{number}.example.com", actor=SYSTEM)
    issue_for_server(
        server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"), lifetime=timedelta(days=days)
    )
Workstation.objects.create(
    agent_id="pc-7", name="pc-7", registered_at=timezone.now() - timedelta(days=5)
)
"""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    running = set_up(RunningProduct(tmp_path_factory.mktemp("reminders")))
    for command in (("shell", "--no-imports", "-c", WORLD), ("maintain",)):
        done = running.command(*command)
        assert done.returncode == 0, done.stderr + done.stdout
    running.start()
    yield running
    running.stop()


def test_what_ends_first_stands_first(page: Page, product: RunningProduct) -> None:
    sign_in(page)
    places = page.get_by_role("navigation", name="Main")
    places.get_by_role("link", name="Reminders", exact=True).click()
    subjects = page.locator("tbody tr td:first-child")
    expect(subjects).to_have_text(["cm1.example.com", "cm2.example.com", "cm3.example.com", "pc-7"])
    assert not look(page, "reminders", "Reminders")


def test_one_is_put_off_and_another_one_taken_up(page: Page) -> None:
    page.get_by_role("link", name="cm2.example.com").click()
    assert not look(page, "reminder", "cm2.example.com")
    page.get_by_role("link", name="Put off").click()
    page.get_by_label("Until").fill("2020-01-01")
    page.get_by_label("Why").fill("The server moves.")
    page.get_by_role("button", name="Put it off").click()
    expect(page.get_by_text("Choose a day after today")).to_be_visible()
    assert not look(page, "reminder-put-off", "Put off cm2.example.com")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_label("Why").fill("I renew it on Thursday")
    page.get_by_role("button", name="Acknowledge it").click()
    expect(page.get_by_text("You see to cm2.example.com")).to_be_visible()
    expect(page.get_by_text("by anna: I renew it on Thursday")).to_be_visible()
    assert not look(page, "reminder-acknowledged", "cm2.example.com")


def test_renewing_settles_it(page: Page, product: RunningProduct) -> None:
    page.goto("/reminders/")
    page.get_by_role("link", name="cm1.example.com").click()
    page.get_by_role("link", name="See to it").click()
    page.get_by_role("link", name="Renew", exact=True).click()
    page.get_by_role("button", name="Renew").click()
    expect(page.get_by_text("has a new certificate")).to_be_visible()
    page.goto("/jobs/")
    page.get_by_role("button", name="Run now: Reminders").click()
    expect(page.get_by_text("starts within a few seconds")).to_be_visible()
    for _ in range(60):
        page.goto("/reminders/?state=closed")
        if page.get_by_role("link", name="cm1.example.com").count():
            break
        page.wait_for_timeout(500)
    page.get_by_role("link", name="cm1.example.com").click()
    expect(page.get_by_text("Settled").first).to_be_visible()
    page.goto("/reminders/?kind=installation")
    expect(page.get_by_role("link", name="cm1.example.com")).to_be_visible()


def test_when_and_whom_is_chosen(page: Page) -> None:
    page.goto("/settings/reminders/")
    assert not look(page, "reminder-policies", "Reminders: when and to whom")
    page.get_by_role("link", name="Server certificates").click()
    page.get_by_label("Days before the end").fill("45, 20, 5, 0")
    assert not look(page, "reminder-policy", "Server certificates")
    page.get_by_role("button", name="Save the changes").click()
    expect(page.get_by_text("45, 20, 5 days before and at the end")).to_be_visible()
