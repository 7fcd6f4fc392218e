"""The job of a root's replacement: it takes a step a minute and looks at what was renewed."""

from datetime import timedelta
from pathlib import Path

import time_machine
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.probes import set_target
from pki.actions.rollover.stages import begin_reissuing, pause
from pki.actions.rollover.starting import start_rollover
from pki.actions.stored_keys import open_key
from pki.jobs import KINDS
from pki.models import Authority, Certificate, Probe, Server
from pki.x509 import bundles, keys
from pki.x509.keys import KeySpec
from tests.running_product import free_port
from tests.tls_listener import answering


def test_it_steps_only_while_certificates_are_re_issued(
    authority: Authority, issued: Certificate, server: Server, tmp_path: Path
) -> None:
    work = KINDS["rollover"].work
    set_target(server, address="127.0.0.1", port=free_port(), probed=True, actor=SYSTEM)
    assert work() == "The root is not being replaced"
    rollover = start_rollover(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    assert work() == "Announced"
    begin_reissuing(rollover, actor=SYSTEM)
    waits = "1 server not seen with the new certificate yet"
    assert work() == f"1 server renewed, {waits}"
    assert work() == waits
    # Not looked at again within minutes.
    assert work() == waits
    assert Probe.objects.count() == 1
    server.refresh_from_db()
    with (
        answering(*in_force(server), tmp_path) as port,
        time_machine.travel(timezone.now() + timedelta(minutes=6)),
    ):
        set_target(server, address="127.0.0.1", port=port, probed=True, actor=SYSTEM)
        assert work() == "Nothing to re-issue"
    pause(rollover, actor=SYSTEM)
    assert work() == "Paused"


def in_force(server: Server) -> tuple[bytes, bytes]:
    """Its chain and key, as somebody would install them."""
    row = server.certificate
    assert row is not None
    assert row.private_key is not None
    chain = bundles.chain_pem([parsed(row), *chain_of(row)])
    return chain, keys.to_pem(open_key(row.private_key))
