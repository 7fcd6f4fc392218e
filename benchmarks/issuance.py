"""Issuing from a certificate request through the action, with everything that users get.

Reading the request and proving its key, the checks, two transactions of which the second
waits for the disk, the signature and its check, the audit event.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.db import connection

from benchmarks.bare_signature import bare_signature
from benchmarks.installation import data_directory, switch_database
from benchmarks.measurement import (
    Contestant,
    Row,
    alternating,
    milliseconds,
    one_cpu,
    per_second,
    ratio,
)
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.stored_keys import open_key
from pki.models import Server
from pki.x509.keys import KeySpec, PrivateKey

RequestKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
NewKey = Callable[[], RequestKey]

SHARE_OF_BARE = 0.60
PER_SECOND = 400
ROUNDS = 7


def rows() -> Iterator[Row]:
    with one_cpu():
        yield rsa_row()
        yield p256_row()


def rsa_row() -> Row:
    seconds = measured("rsa-4096", partial(rsa.generate_private_key, 65537, 2048), 40)
    share = ratio(seconds["bare"], seconds["action"])
    return Row(
        name="Issue from a CSR through the action, RSA-4096 root",
        measured=f"{per_second(seconds['action']):.0f}/s",
        bare=f"{per_second(seconds['bare']):.0f}/s",
        compared=f"{share:.0%} of bare; {where_the_time_goes(seconds)}",
        target=f"≥ {SHARE_OF_BARE:.0%} of bare",
        met=share >= SHARE_OF_BARE,
        rounds=seconds,
    )


def p256_row() -> Row:
    seconds = measured("ec-p256", partial(ec.generate_private_key, ec.SECP256R1()), 150)
    rate = per_second(seconds["action"])
    return Row(
        name="Issue from a CSR through the action, P-256 root",
        measured=f"{rate:.0f}/s",
        bare=f"{per_second(seconds['bare']):.0f}/s",
        compared=where_the_time_goes(seconds),
        target=f"≥ {PER_SECOND}/s on one core",
        met=rate >= PER_SECOND,
        rounds=seconds,
    )


def measured(spec: str, new_key: NewKey, times: int) -> dict[str, list[float]]:
    key = new_root(spec)
    orders = Orders(new_key, (ROUNDS + 1) * times)
    return alternating(
        ROUNDS,
        bare=Contestant(bare_signature(key), times),
        action=Contestant(orders.issue_next, times),
        commit=Contestant(orders.smallest_commit, times),
    )


def where_the_time_goes(seconds: dict[str, list[float]]) -> str:
    added = [action - bare for action, bare in zip(seconds["action"], seconds["bare"], strict=True)]
    waited = milliseconds(seconds["commit"])
    return f"adds {milliseconds(added)}, {waited} of it the wait for this disk"


def new_root(spec: str) -> PrivateKey:
    """An empty database with this root; its key."""
    switch_database(data_directory() / f"{spec}.sqlite3")
    return open_key(create_authority(actor=SYSTEM, key_spec=KeySpec.parse(spec)).private_key)


class Orders:
    """Servers that have no certificate yet, each with its request and a key of its own."""

    def __init__(self, new_key: NewKey, number: int) -> None:
        self.servers = [
            add_server(f"cm{n}.example.com", actor=SYSTEM, additional_names=[f"cm{n}.example.net"])
            for n in range(number)
        ]
        self.requests = [request(server, new_key()) for server in self.servers]
        self.next, self.commits = count(), count()

    def issue_next(self) -> None:
        number = next(self.next)
        issue_for_server(self.servers[number], actor=SYSTEM, csr=self.requests[number])

    def smallest_commit(self) -> None:
        """One row changed and committed: what the disk and SQLite ask for, whoever comes."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pki_server SET comment = %s WHERE id = %s",
                [str(next(self.commits)), self.servers[0].pk],
            )


def request(server: Server, key: RequestKey) -> bytes:
    names = [x509.DNSName(name) for name in (server.fqdn, *server.additional_names)]
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, server.fqdn)]))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
