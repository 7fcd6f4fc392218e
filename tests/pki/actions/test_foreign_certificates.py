"""Server certificates from elsewhere: the three rules, the chain, the history."""

from datetime import timedelta

import pytest
import time_machine
from cryptography import x509
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.certificate_row import chain_of, parsed
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.server_certificates import renew
from pki.actions.stored_keys import open_key
from pki.models import Authority, Certificate, Server
from pki.x509 import issuing, keys
from pki.x509.material import Material
from pki.x509.profiles import SERVER
from tests.pki.actions import made_elsewhere
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused

ABOVE = made_elsewhere.new_key()
CORPORATE = made_elsewhere.root(key=ABOVE)
KEY = made_elsewhere.new_key()


def foreign(
    common_name: str = "cm1.example.com",
    names: tuple[str, ...] = ("cm1.example.com",),
    *,
    server_auth: bool = True,
    days: tuple[int, int] = (-1, 300),
) -> x509.Certificate:
    return made_elsewhere.certificate(
        common_name, names, key=KEY, issuer=CORPORATE, issuer_key=ABOVE,
        server_auth=server_auth, days=days,
    )  # fmt: skip


def test_it_becomes_the_servers_certificate_with_its_key_sealed(
    server: Server, actor: Actor
) -> None:
    with audited("certificate.imported") as events:
        imported = import_server_certificate(
            server, Material(foreign(), KEY, [CORPORATE]), actor=actor
        )
    assert Server.objects.get(pk=server.pk).certificate == imported
    assert (imported.state, imported.source, imported.authority) == ("issued", "imported", None)
    assert imported.private_key is not None
    assert keys.matches(open_key(imported.private_key), KEY.public_key())
    assert chain_of(imported) == [CORPORATE]
    assert events[0].detail["issuer"] == "CN=Corporate Root"
    assert events[0].detail["with_private_key"] is True


def test_it_takes_the_place_of_the_one_before(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    imported = import_server_certificate(server, Material(foreign()), actor=actor)
    assert imported.replaces == certificate
    renewed = renew(server, actor=actor, expected=imported, key_spec=P256)
    assert renewed.replaces == imported


@pytest.mark.parametrize("names", [("*.example.com",), ("other.example.com", "CM1.example.com")])
def test_a_matching_wildcard_or_any_of_the_names_will_do(
    names: tuple[str, ...], server: Server, actor: Actor
) -> None:
    assert import_server_certificate(server, Material(foreign(names=names)), actor=actor)


@pytest.mark.parametrize(
    ("certificate", "sentence"),
    [
        (foreign("cm2.example.com"), "It is cm2.example.com, and cm1.example.com is needed."),
        (foreign(""), "There is none, and cm1.example.com is needed."),
        (foreign(names=()), "clients no longer read the common name"),
        (foreign(names=("*.other.com",)), "none of them stands for cm1.example.com"),
        (foreign(names=("*.com",)), "none of them stands for cm1.example.com"),
        (foreign(server_auth=False), "There is no extended key usage; serverAuth is needed."),
    ],
    ids=["another name", "no name", "no SAN", "another wildcard", "too wide", "no EKU"],
)
def test_each_rule_that_is_broken_is_named(
    certificate: x509.Certificate, sentence: str, server: Server, actor: Actor
) -> None:
    with refused("certificate.rules", field="files") as refusal:
        import_server_certificate(server, Material(certificate, KEY), actor=actor)
    assert sentence in refusal.value.message


def test_all_broken_rules_are_named_at_once(server: Server, actor: Actor) -> None:
    with refused("certificate.rules", field="files") as refusal:
        import_server_certificate(
            server, Material(foreign("x", ("y.example.com",), server_auth=False)), actor=actor
        )
    for rule in ("common name", "alternative names", "extended key usage"):
        assert rule in refusal.value.message


def test_an_expired_certificate_is_refused(server: Server, actor: Actor) -> None:
    with refused("certificate.expired", field="files"):
        import_server_certificate(server, Material(foreign(days=(-30, -1))), actor=actor)


def test_the_same_certificate_is_taken_in_once(server: Server, actor: Actor) -> None:
    certificate = foreign()
    import_server_certificate(server, Material(certificate), actor=actor)
    with refused("certificate.known", field="files") as refusal:
        import_server_certificate(server, Material(certificate, KEY), actor=actor)
    assert f"{certificate.serial_number:x}" in refusal.value.message


def test_issuers_are_put_in_order_and_strangers_left_out(server: Server, actor: Actor) -> None:
    middle_key = made_elsewhere.new_key()
    middle = made_elsewhere.certificate(
        "Issuing", (), key=middle_key, issuer=CORPORATE, issuer_key=ABOVE, ca=True
    )
    leaf = made_elsewhere.certificate(
        "cm1.example.com", ("cm1.example.com",), key=KEY, issuer=middle, issuer_key=middle_key
    )
    stranger = made_elsewhere.root("Stranger", key=made_elsewhere.new_key())
    imported = import_server_certificate(
        server, Material(leaf, None, [stranger, CORPORATE, middle]), actor=actor
    )
    assert chain_of(imported) == [middle, CORPORATE]


def test_what_our_own_root_signed_elsewhere_counts_as_ours(
    root: Authority, server: Server, actor: Actor
) -> None:
    """As certgen does it on an isolated machine, from agent_root_ca.json."""
    prepared = issuing.prepare(
        issuing.CertificateRequest(
            profile=SERVER,
            common_name="cm1.example.com",
            public_key=KEY.public_key(),
            names=("cm1.example.com",),
        ),
        parsed(root.certificate),
        now=timezone.now(),
    )
    certificate = issuing.issue(prepared, open_key(root.private_key))
    imported = import_server_certificate(server, Material(certificate, KEY), actor=actor)
    assert imported.authority == root
    assert chain_of(imported) == [parsed(root.certificate)]


def test_a_certificate_with_our_roots_name_and_another_signature_is_not_ours(
    root: Authority, server: Server, actor: Actor
) -> None:
    impostor_key = made_elsewhere.new_key()
    impostor = made_elsewhere.root(root.common_name, key=impostor_key)
    certificate = made_elsewhere.certificate(
        "cm1.example.com", ("cm1.example.com",), key=KEY, issuer=impostor, issuer_key=impostor_key
    )
    imported = import_server_certificate(server, Material(certificate), actor=actor)
    assert imported.authority is None


def test_it_is_tracked_like_our_own(server: Server, actor: Actor) -> None:
    imported = import_server_certificate(server, Material(foreign()), actor=actor)
    now = timezone.now()
    assert imported.condition(now) == "valid"
    assert imported.condition(now + timedelta(days=280)) == "expiring"
    with time_machine.travel(now + timedelta(days=301)):
        assert imported.condition(timezone.now()) == "expired"
