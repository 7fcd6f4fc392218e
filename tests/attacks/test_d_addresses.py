"""Somebody lets the product connect to where only it can go, and reads what is answered."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki import outgoing, probing
from pki.actions.actor import SYSTEM, Actor
from pki.actions.address_policy import change_addresses, current_policy
from pki.actions.authorities import create_authority
from pki.actions.channels import add_chat, add_webhook
from pki.actions.probes import probe_server, set_target
from pki.actions.recipients import default_group
from pki.actions.servers import add_server
from pki.actions.trials import send_test
from pki.errors import InvalidInput
from pki.messaging import chat, webhooks
from pki.messaging.signing import new_key
from pki.models import AuditEvent, ProbeState, Role, Server
from pki.outgoing import Policy
from pki.x509 import issuing, keys
from pki.x509.keys import KeySpec
from tests.pki.conftest import Signed, person
from tests.tls_listener import answering
from tests.webhook_receiver import receiver

pytestmark = pytest.mark.django_db
ANNA = Actor(name="anna", door="dashboard")
KEY = keys.generate(KeySpec.parse("ec-p256"))


@pytest.fixture(autouse=True)
def as_installed(settings: Any) -> None:
    """Loopback as an installation has it, and not as the other tests do."""
    settings.ALLOW_LOOPBACK = False


@pytest.fixture
def server() -> Server:
    create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    return add_server("cm1.example.com", actor=SYSTEM)


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> Iterator[list[str]]:
    """Names mean these addresses, one after the other: the last one stays."""
    asked: list[str] = []
    original = socket.getaddrinfo

    def lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else str(host)
        if outgoing.literal(text) is not None:
            return original(host, port, *args, **kwargs)
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(text)
        return original(answer, port, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lookup)
        yield asked


#: Literal addresses in every spelling that ends at this machine or at a cloud's metadata.
SPELLINGS = [
    "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "169.254.169.254", "169.254.1.1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "fe80::1", "0.0.0.0", "::",
    "::ffff:0.0.0.0", "255.255.255.255", "224.0.0.1", "ff02::1", "100.100.100.200", "fd00:ec2::254",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "::127.0.0.1", "64:ff9b:1:a9fe:a9:fe00::",
    "2001:db8::5efe:7f00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", SPELLINGS)
def test_no_probe_is_pointed_there(server: Server, address: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        set_target(server, address=address, port=5432, probed=True, actor=ANNA)
    assert (refusal.value.code, refusal.value.field) == ("probe.address_refused", "address")
    server.refresh_from_db()
    assert server.probe_address == ""


@pytest.mark.parametrize("address", [*SPELLINGS, "127.1", "2130706433", "0x7f.1", "0177.0.0.1"])
def test_no_webhook_is_added_there(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidInput) as refusal:
        add_webhook(default_group(), "x", f"http://{host}:8000/hook", actor=ANNA)
    assert (refusal.value.code, refusal.value.field) == ("channel.address_refused", "address")


@pytest.mark.parametrize("system", ["json://127.0.0.1:8000/", "mmost://169.254.169.254/token12345"])
def test_no_chat_on_a_host_is_added_there(system: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        add_chat(default_group(), "x", system, actor=ANNA)
    assert refusal.value.code == "channel.address_refused"


def test_a_name_that_means_such_an_address_is_refused_when_it_is_entered(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with resolving(monkeypatch, "169.254.169.254"):
        with pytest.raises(InvalidInput, match=r"metadata\.internal.*169\.254\.169\.254"):
            set_target(server, address="metadata.internal", port=443, probed=True, actor=ANNA)
        with pytest.raises(InvalidInput):
            add_webhook(default_group(), "x", "https://metadata.internal/hook", actor=ANNA)


def test_what_answers_on_loopback_is_not_read(server: Server, tmp_path: Path) -> None:
    """Stored before there was a policy, or a name that means something else since."""
    made = issuing.temporary_certificate("secret.internal", KEY, now=datetime.now(UTC))
    with answering(made.public_bytes(Encoding.PEM), keys.to_pem(KEY), tmp_path) as port:
        Server.objects.filter(pk=server.pk).update(probe_address="127.0.0.1", probe_port=port)
        server.refresh_from_db()
        probe = probe_server(server, actor=ANNA)
    assert probe.state == ProbeState.UNREACHABLE
    assert "this machine itself" in probe.message
    assert "secret.internal" not in f"{probe.subject} {probe.issuer} {probe.chain} {probe.message}"
    assert probe.sha256 == ""


def test_open_and_closed_ports_of_this_machine_look_alike(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ports = listener.getsockname()[1], 1029
        said = set()
        for port in ports:
            Server.objects.filter(pk=server.pk).update(probe_address="127.0.0.1", probe_port=port)
            server.refresh_from_db()
            said.add(probe_server(server, actor=ANNA).message)
    assert len(said) == 1


def test_a_name_that_changes_its_meaning_is_judged_by_where_the_connection_goes(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: harmless when it is looked at, this machine when it is connected to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        with resolving(monkeypatch, "192.0.2.1", "127.0.0.1") as asked:
            set_target(server, address="rebind.example", port=port, probed=True, actor=ANNA)
            server.refresh_from_db()
            assert probe_server(server, actor=ANNA).state == ProbeState.UNREACHABLE
        assert asked == ["rebind.example", "rebind.example"]
        with pytest.raises(TimeoutError):
            listener.accept()


def test_one_resolution_serves_both_the_judgement_and_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected: list[object] = []

    def connecting(self: socket.socket, place: object) -> None:
        connected.append(place)
        raise ConnectionRefusedError

    with monkeypatch.context() as patch, resolving(monkeypatch, "192.0.2.1", "127.0.0.1") as asked:
        patch.setattr(socket.socket, "connect", connecting)
        probing.look("rebind.example", 3003, "x", Policy())
    assert asked == ["rebind.example"]
    assert connected == [("192.0.2.1", 3003)]


def call(url: str, policy: Policy) -> webhooks.Outcome:
    return webhooks.post(webhooks.Call(url, new_key(), "1", b"{}", policy), datetime.now(UTC), 5)


def test_a_webhook_whose_name_changes_its_meaning_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiver() as there:
        url = there.url.replace("127.0.0.1", "rebind.example")
        with resolving(monkeypatch, "127.0.0.1"):
            outcome = call(url, Policy())
        assert not outcome.arrived
        assert "this machine itself" in outcome.words
        assert there.received == []
        with resolving(monkeypatch, "127.0.0.1", "192.0.2.1") as asked:
            assert call(url, Policy(loopback=True)).arrived
        assert asked == ["rebind.example"]
        assert there.received[0].headers["host"].startswith("rebind.example")


def test_a_webhook_that_was_stored_before_is_not_sent(settings: Any) -> None:
    with receiver() as there:
        settings.ALLOW_LOOPBACK = True
        channel, _ = add_webhook(default_group(), "x", there.url, actor=ANNA)
        settings.ALLOW_LOOPBACK = False
        sent = send_test(channel=channel, actor=ANNA)
        assert there.received == []
    assert "this machine itself" in sent.log[-1]["outcome"]


def test_a_redirect_leads_nowhere() -> None:
    with receiver() as there, receiver() as elsewhere:
        there.status, there.location = 302, elsewhere.url
        assert "not followed" in call(there.url, Policy(loopback=True)).words
        assert elsewhere.received == []


def test_a_chat_is_not_connected_to_where_its_own_library_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It resolves names itself, and follows redirects."""
    with receiver() as there:
        there.status = 200
        url = there.url.replace("http://", "json://")
        outcome = chat.send(url, "Title", "Text", Policy())
        assert not outcome.arrived
        assert "this machine itself" in outcome.words
        with resolving(monkeypatch, "127.0.0.1"):
            named = chat.send(url.replace("127.0.0.1", "rebind.example"), "T", "T", Policy())
        assert "this machine itself" in named.words
        assert there.received == []
        # The guard is this call's alone.
        assert chat.send(url, "Title", "Text", Policy(loopback=True)).arrived
        with socket.create_connection(("127.0.0.1", int(there.url.split(":")[2].split("/")[0]))):
            pass


def test_another_thread_is_not_kept_from_connecting() -> None:
    """A chat is written to while webhooks and probes go on."""
    from pki.messaging.guard import guarded

    problems: list[OSError] = []

    def connects(port: int) -> None:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError as error:
            problems.append(error)

    with socket.create_server(("127.0.0.1", 0)) as listener, guarded(Policy()) as refusals:
        port = listener.getsockname()[1]
        other = threading.Thread(target=connects, args=[port])
        other.start()
        other.join()
        assert problems == []
        connects(port)
        assert len(problems) == len(refusals) == 1


def test_this_hosts_own_sites_are_probed_on_loopback(server: Server, settings: Any) -> None:
    settings.AGENT_BIND = "127.0.0.1:3003"
    set_target(server, address="127.0.0.1", port=3003, probed=True, actor=ANNA)
    with pytest.raises(InvalidInput):
        set_target(server, address="127.0.0.1", port=5432, probed=True, actor=ANNA)


@pytest.mark.parametrize("port", [1, 22, 25, 80, 389, 445, 636, 1023])
def test_ports_of_other_services_are_not_probed(server: Server, port: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        set_target(server, address="192.0.2.1", port=port, probed=True, actor=ANNA)
    assert (refusal.value.code, refusal.value.field) == ("probe.port_refused", "port")
    Server.objects.filter(pk=server.pk).update(probe_address="192.0.2.1", probe_port=port)
    server.refresh_from_db()
    assert f"Port {port}" in probe_server(server, actor=ANNA).message


def test_administrators_narrow_it_and_name_other_ports(server: Server) -> None:
    change_addresses(networks=["10.0.0.0/8", "2001:db8::/32"], ports=["443", "636"], actor=ANNA)
    assert AuditEvent.objects.filter(event="addresses.changed").count() == 1
    set_target(server, address="10.1.2.3", port=636, probed=True, actor=ANNA)
    for address, port in (("192.168.0.1", 443), ("2001:db9::1", 443), ("10.1.2.3", 3003)):
        with pytest.raises(InvalidInput):
            set_target(server, address=address, port=port, probed=True, actor=ANNA)
    with pytest.raises(InvalidInput):
        add_webhook(default_group(), "x", "https://192.168.0.1/", actor=ANNA)
    # Whatever the list says, IPv6 forms are no way around it.
    assert current_policy().refusal(ip_address("2001:db9::5efe:a01:203"), 443)
    assert not current_policy().refusal(ip_address("::ffff:10.1.2.3"), 443)


@pytest.mark.parametrize(
    "network", ["127.0.0.0/8", "127.0.0.1", "::1", "169.254.0.0/16", "fe80::/64", "10.0.0.1/8", "x"]
)
def test_no_list_opens_what_is_never_allowed(network: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        change_addresses(networks=[network], ports=[], actor=ANNA)
    assert refusal.value.field == "networks"
    change_addresses(networks=["0.0.0.0/0", "::/0"], ports=[], actor=ANNA)
    assert all(current_policy().refusal(ip_address(each), 443) for each in SPELLINGS)


@pytest.mark.parametrize("port", ["0", "65536", "x", "9-8", "-5", "²"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        change_addresses(networks=[], ports=[port], actor=ANNA)
    assert refusal.value.field == "ports"


def test_only_administrators_who_signed_in_lately_change_the_list(server: Server) -> None:
    entered = {"networks": "10.0.0.0/8\n192.0.2.7", "ports": "443, 3003 8000-8999"}
    administrator = Signed(person(Role.ADMINISTRATOR))
    for role in (Role.OPERATOR, Role.VIEWER):
        assert Signed(person(role)).post("/settings/addresses/", entered).status_code == 403
    administrator.confirm()
    page = administrator.post("/settings/addresses/", entered, follow=True).content.decode()
    assert "saved" in page
    assert current_policy().ports == ((443, 443), (3003, 3003), (8000, 8999))
    assert len(current_policy().allowed) == 2
    wrong = administrator.post("/settings/addresses/", {"networks": "127.0.0.1", "ports": ""})
    assert "this machine itself" in wrong.content.decode()


def test_the_refusal_stands_on_the_form(server: Server) -> None:
    operator = Signed(person(Role.ADMINISTRATOR))
    given = {"address": "169.254.169.254", "port": "443", "probed": "on"}
    page = operator.post(f"/servers/{server.pk}/probe/target/", given).content.decode()
    assert "cloud" in page
    assert "nothing is ever sent there" in page


LOOPBACK = st.integers(0x7F000000, 0x7FFFFFFF).map(IPv4Address)
LINK_LOCAL = st.integers(0xA9FE0000, 0xA9FEFFFF).map(IPv4Address)
FORMS = [
    lambda n: IPv4Address(n),
    lambda n: IPv6Address(0xFFFF << 32 | n),
    lambda n: IPv6Address(int(IPv6Address("64:ff9b::")) | n),
    lambda n: IPv6Address(0x2002 << 112 | n << 80),
    lambda n: IPv6Address(int(IPv6Address("2001::")) | (n ^ 0xFFFFFFFF)),
    lambda n: IPv6Address(int(IPv6Address("2001:db8::5efe:0:0")) | n),
]


@given(address=st.one_of(LOOPBACK, LINK_LOCAL), form=st.sampled_from(FORMS))
def test_no_form_of_such_an_address_is_allowed(address: IPv4Address, form: Any) -> None:
    assert Policy().refusal(form(int(address)), 443)
    assert Policy(allowed=outgoing.networks("0.0.0.0/0", "::/0")).refusal(form(int(address)), 443)


@given(number=st.integers(0, 2**32 - 1), form=st.sampled_from(FORMS[:2]))
def test_what_is_allowed_is_what_anybody_may_reach(number: int, form: Any) -> None:
    address = IPv4Address(number)
    special = (
        address.is_loopback or address.is_link_local or address.is_multicast
        or address.is_unspecified or address in outgoing.networks("240.0.0.0/4")[0]
    )  # fmt: skip
    if special:
        assert Policy().refusal(form(number), 443)
