"""An administrator says who is told, sees that it arrives, and subscribes to the calendar."""

import ssl
import time
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from tests.browser.conftest import PASSWORD, PICTURES, USER, confirm, look, set_up, violations
from tests.mail_server import MailServer, mail_server
from tests.running_product import RunningProduct, free_port
from tests.webhook_receiver import Receiver, receiver

SMTP_PORT = free_port()

#: A morning's digest: some of everything.
TOLD = """
from datetime import timedelta
from django.utils.timezone import now
from pki.models import *
def tell(kind, label, text, step='30', days=None, urgent=False, **more):
    ends_at = None if days is None else now() + timedelta(days=days)
    reminder = Reminder.objects.create(kind=kind, key=label, label=label, url='/servers/1/',
        ends_at=ends_at, since=None if ends_at else now() - timedelta(days=2), **more)
    notice = Notice.objects.create(reminder=reminder, step=step, text=text, urgent=urgent)
    Telling.objects.create(notice=notice, address='night@example.com')
    Telling.objects.create(notice=notice, channel=Channel.objects.get())
for n in range(1, 15):
    name = f'cm{n}.example.com'
    tell('server', name, f'The certificate of {name} expires in 30 days, on 25 December.', days=30)
for n in (21, 22):
    name = f'cm{n}.example.com'
    tell('server', name, f'The certificate of {name} expires in 3 days, on 28 November.', '3', 3,
        acknowledged_at=now() if n == 22 else None, acknowledged_by='boris')
tell('probe', 'cm30.example.com', 'cm30.example.com does not answer since yesterday.', 'since')
tell('pending', 'pc-7', 'pc-7 waits for approval since Monday.', 'since')
tell('root', 'CM Agent CA', 'The root CM Agent CA expires in 300 days.', '300', 300)
tell('server', 'cm40.example.com', 'The certificate of cm40.example.com was renewed.', 'closed', 90)
DigestTime.objects.create(hour=0)
from pki.jobs import KINDS
KINDS['deliveries'].work()
"""


@pytest.fixture(scope="module")
def smtp() -> Iterator[MailServer]:
    with mail_server(SMTP_PORT) as running:
        yield running


@pytest.fixture(scope="module")
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, smtp: MailServer) -> Iterator[RunningProduct]:
    running = RunningProduct(
        tmp_path_factory.mktemp("recipients"), EMAIL_URL=f"smtp://127.0.0.1:{SMTP_PORT}"
    )
    set_up(running).start()
    yield running
    running.stop()


def test_a_group_is_made_and_its_test_arrives(page: Page, smtp: MailServer) -> None:
    page.goto("/settings/recipients/")
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    assert look(page, "recipients", "Recipients") == []
    page.get_by_role("link", name="Add a group").click()
    confirm(page)
    page.get_by_label("Name").fill("Night shift")
    page.get_by_label("E-mail addresses").fill("night@example.com\nnobody@")
    page.get_by_role("button", name="Add the group").click()
    expect(page.get_by_text("“nobody@” is not an e-mail address")).to_be_visible()
    page.get_by_label("E-mail addresses").fill("night@example.com")
    page.get_by_role("button", name="Add the group").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("250 2.0.0 queued as 000001")).to_be_visible()
    assert smtp.recipients == ["night@example.com"]


def test_a_webhooks_key_is_shown_once_and_signs(page: Page, there: Receiver) -> None:
    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_label("Name").fill("Ticket system")
    page.get_by_label("Address").fill(there.url)
    assert look(page, "webhook-add", "Add a webhook to Night shift") == []
    page.get_by_role("button", name="Add the webhook").click()
    assert look(page, "webhook-key", "The key of Ticket system") == []
    key = page.locator("#key").inner_text()
    page.get_by_role("link", name="I have it").click()
    page.get_by_role("button", name="Test Ticket system").click()
    expect(page.get_by_text("It answered 204 No Content.")).to_be_visible()
    [received] = there.received
    assert Webhook(key).verify(received.body, received.headers)["type"] == "test"
    assert look(page, "recipients-group", "Night shift") == []


def test_the_digest_and_its_place_in_the_log(
    page: Page, product: RunningProduct, smtp: MailServer, there: Receiver
) -> None:
    there.status = 500
    done = product.command("shell", "--no-imports", "-c", TOLD)
    assert done.returncode == 0, done.stderr
    # The product's own clock may have been faster, and still be at it.
    for _ in range(100):
        if len(smtp.mails) == 2 and len(there.received) == 2:
            break
        time.sleep(0.1)
    page.goto("/settings/deliveries/")
    expect(page.get_by_role("link", name="Daily digest")).to_be_visible()
    assert look(page, "deliveries", "Messages") == []
    page.get_by_role("link", name="Webhook").first.click()
    expect(page.get_by_text("It answered 500 Internal Server Error.")).to_be_visible()
    assert look(page, "delivery-failed", "Webhook to Ticket system") == []
    there.status = 200
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It is sent again within a minute.")).to_be_visible()


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_the_mail_is_readable_light_and_dark(browser: Browser, smtp: MailServer) -> None:
    """Rendered as a mail program would, with no network at all."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_content(html_of(smtp.mails[1]))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (400, 900):
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == []
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"mail-{scheme}-{width}.png", full_page=True)
            assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    expect(page.get_by_text("14 server certificates expire within 30 days")).to_be_visible()
    context.close()


def test_everybody_reaches_the_calendar(page: Page, product: RunningProduct) -> None:
    page.goto("/")
    page.get_by_text("Your account").locator("..").click()
    page.get_by_role("link", name="Calendar").click()
    assert look(page, "calendar", "Calendar") == []
    page.get_by_role("button", name="Make an address").click()
    assert look(page, "calendar-made", "Calendar") == []
    address = page.locator("#address").inner_text()
    assert address.startswith(f"{product.url}/calendar/")
    # As a calendar program asks: no cookie, and by another way than the browser.
    with urllib.request.urlopen(
        address.replace(product.url, f"https://127.0.0.1:{product.port}"),
        context=ssl._create_unverified_context(),
        timeout=10,
    ) as answer:
        assert answer.read().startswith(b"BEGIN:VCALENDAR\r\n")


def test_the_settings_lead_to_it(page: Page) -> None:
    page.goto("/settings/")
    assert look(page, "settings-messages", "Settings") == []
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_role("heading", level=1, name="Messages")).to_be_visible()
