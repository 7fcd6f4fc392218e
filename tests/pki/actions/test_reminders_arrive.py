"""From a certificate that is about to expire to the mail about it."""

from datetime import timedelta

import time_machine
from django.core.mail import EmailMessage

from pki.actions.accounts import add_user
from pki.actions.actor import Actor
from pki.actions.servers import change_server
from pki.jobs import KINDS
from pki.models import Certificate, Role, Server, Telling

PASSWORD = "correct horse battery"


def test_administrators_and_owners_get_one_digest_about_a_certificate(
    certificate: Certificate, server: Server, actor: Actor, mailoutbox: list[EmailMessage]
) -> None:
    add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor, email="olga@example.com")
    change_server(
        server, additional_names=[], comment="", owners=["owner@example.com"], actor=actor
    )
    morning = (certificate.not_after - timedelta(days=20)).replace(hour=7, minute=0)
    with time_machine.travel(morning, tick=False):
        for name in ("reminders", "deliveries", "reminders", "deliveries"):
            KINDS[name].work()
    about = [mail for mail in mailoutbox if server.fqdn in mail.body]
    assert sorted(mail.to[0] for mail in about) == ["olga@example.com", "owner@example.com"]
    assert f"/servers/{server.pk}/" in about[0].body
    assert not Telling.objects.filter(delivery=None).exists()
