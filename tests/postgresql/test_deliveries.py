"""Several nodes send the same messages on one database: each arrives once, and none is lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.mail_server import MailServer, mail_server
from tests.postgresql.conftest import new_database, prepared
from tests.running_product import RunningProduct, free_port
from tests.webhook_receiver import Receiver, receiver

pytestmark = pytest.mark.started
PROGRAM = Path(sys.executable).with_name("certiflow")
SMTP_PORT = free_port()

TOLD = """
from django.utils.timezone import now
from pki.models import *
from pki.actions.actor import SYSTEM
from pki.actions.channels import add_webhook
from pki.actions.recipients import default_group
def notice(name):
    reminder = Reminder.objects.create(kind='server', key=name, label=name, url='/', ends_at=now())
    return Notice.objects.create(reminder=reminder, step='7', text=name, urgent=True)
"""
RUN = "from pki.actions.deliveries import deliver; from django.utils.timezone import now; "


@pytest.fixture(scope="module")
def product(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> RunningProduct:
    """Its tables, and nothing of it running."""
    return prepared(
        tmp_path_factory.mktemp("deliveries"),
        new_database(database_url, "deliveries"),
        EMAIL_URL=f"smtp://127.0.0.1:{SMTP_PORT}",
    )


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    with mail_server(SMTP_PORT) as running:
        yield running


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def ask(product: RunningProduct, code: str) -> str:
    done = product.command("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def started(product: RunningProduct, code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [PROGRAM, "shell", "--no-imports", "-c", code],
        env=product.environment,
        cwd=product.directory,
        stderr=subprocess.PIPE,
    )


def together(product: RunningProduct, code: str, processes: int = 2) -> None:
    """The same in several processes, which begin at the same moment."""
    at = time.time() + 6
    waiting = f"import time; time.sleep(max(0, {at!r} - time.time())); "
    running = [started(product, waiting + code) for _ in range(processes)]
    for process in running:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error.decode()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lease_is_over(product: RunningProduct) -> None:
    ask(
        product,
        "from pki.models import Delivery; from datetime import timedelta; "
        "from django.utils.timezone import now; "
        "Delivery.objects.update(leased_until=now() - timedelta(seconds=1))",
    )


def test_two_nodes_gather_the_same_notices_once(product: RunningProduct) -> None:
    ask(
        product,
        TOLD + "for n in range(300): Telling.objects.create(notice=notice(f'q{n}'), "
        "address=f'p{n % 30}@example.com')",
    )
    together(
        product,
        "from pki.actions.delivery_queue import queue; from django.utils.timezone import now; "
        "queue(now())",
        processes=3,
    )
    found = ask(
        product,
        "from pki.models import *; print(Delivery.objects.count(), "
        "Telling.objects.filter(delivery=None).count(), "
        "Delivery.objects.filter(tellings=None).count())",
    )
    assert found == "30 0 0"
    ask(product, "from pki.models import *; Reminder.objects.all().delete(); "
        "Delivery.objects.all().delete()")  # fmt: skip


def test_two_nodes_send_fifty_messages_and_each_arrives_once(
    product: RunningProduct, smtp: MailServer, there: Receiver
) -> None:
    ask(
        product,
        TOLD
        + f"""
channel, _ = add_webhook(default_group(), 'Tickets', {there.url!r}, actor=SYSTEM)
for n in range(25):
    made = notice(f's{{n}}')
    Telling.objects.create(notice=made, address=f'p{{n}}@example.com')
    call = Delivery.objects.create(key=f'w{{n}}', sort='webhook', channel=channel, label='Tickets')
    Telling.objects.create(notice=made, channel=channel, delivery=call)
from pki.actions.delivery_queue import queue
queue(now())
print(Delivery.objects.filter(state='queued').count())
""",
    )
    there.delay = 0.1
    together(product, RUN + "deliver(now())")
    # A call that a busy machine broke off is due again in a minute: now, here.
    again = "from pki.models import *; Delivery.objects.update(next_attempt_at=now()); "
    ask(product, RUN + again + "deliver(now())")
    assert Counter(smtp.recipients) == {f"p{n}@example.com": 1 for n in range(25)}
    identifiers = [each.headers["webhook-id"] for each in there.received]
    assert len(identifiers) == len(set(identifiers)) == 25
    assert smtp.connections == 2, "Both took part."
    states = ask(
        product,
        "from pki.models import *; print(*Delivery.objects.values_list('state', flat=True)"
        ".distinct().order_by(), Delivery.objects.count())",
    )
    assert states == "sent 50"


def test_a_process_killed_while_it_sends_mail_loses_nothing(
    product: RunningProduct, smtp: MailServer
) -> None:
    ask(
        product,
        TOLD + "Telling.objects.create(notice=notice('killed'), address='k@example.com')\n"
        "from pki.actions.delivery_queue import queue\nqueue(now())",
    )
    identifier = ask(
        product, "from pki.models import *; print(Delivery.objects.get(address='k@example.com').pk)"
    )
    smtp.holds = True
    process = started(product, RUN + "deliver(now())")
    until(lambda: smtp.begun == 1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    smtp.holds = False
    # Nobody else takes it while the lease holds.
    assert "sent=0" in ask(product, RUN + "print(deliver(now()))")
    lease_is_over(product)
    assert "sent=1" in ask(product, RUN + "print(deliver(now()))")
    [mail] = smtp.mails
    assert mail["Message-ID"].startswith(f"<{identifier}@")
    log = ask(
        product,
        "from pki.models import *; print([each['outcome'] for each in "
        "Delivery.objects.get(address='k@example.com').log])",
    )
    assert "whether it arrived is not known" in log


def test_a_webhook_that_comes_twice_after_a_kill_is_recognised(
    product: RunningProduct, there: Receiver
) -> None:
    """The receiver had it; the process died before it could write that down."""
    ask(
        product,
        TOLD
        + f"""
channel, _ = add_webhook(default_group(), 'Killed', {there.url!r}, actor=SYSTEM)
Telling.objects.create(notice=notice('called'), channel=channel)
from pki.actions.delivery_queue import queue
queue(now())
""",
    )
    there.delay = 5
    process = started(product, RUN + "deliver(now())")
    until(lambda: len(there.received) == 1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    there.delay = 0
    lease_is_over(product)
    assert "sent=1" in ask(product, RUN + "print(deliver(now()))")
    first, second = there.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.document["id"] == second.document["id"]
