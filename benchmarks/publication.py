"""OCSP against a static answer of the same server, and revocation lists of many entries."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from benchmarks.measurement import Row
from benchmarks.served import Served, requests_per_second, served

OCSP_SHARE = 0.70
ROUNDS = 5
ENTRIES = (10_000, 100_000, 1_000_000)
LIST_SECONDS, LIST_BYTES = 15, 1_000_000_000
#: Seconds by entry of the longest list against those of the shortest.
LINEAR = 1.5

#: A list from the database to the database, in a process of its own: what it took is its peak.
BUILD = """
import json, resource, sys, time
import django; django.setup()
from django.utils import timezone
from pki.actions.actor import SYSTEM
from pki.actions.revocation_lists import current_list, list_der
from pki.actions.signer import signer_of
from pki.models import Authority, Certificate, RevocationList
from pki.x509 import revocation_lists
from cryptography import x509
authority = Authority.objects.get()
key = signer_of(authority.pk).open_key()
start = time.perf_counter(); row = current_list(authority.pk); whole = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
certificate = signer_of(authority.pk).certificate
def bare():
    start = time.perf_counter()
    revocation_lists.build([], certificate, key, number=1, this_update=timezone.now())
    return time.perf_counter() - start
print(json.dumps({"seconds": whole, "bytes": peak, "entries": row.entries,
                  "der": len(list_der(row)), "bare": min(bare() for _ in range(5))}))
"""

REVOKE = """
from django.db import connection
from django.utils import timezone
from datetime import timedelta
from pki.models import RevocationList
now = timezone.now()
template = Certificate.objects.get(server__fqdn="localhost")
RevocationList.objects.all().delete()
fields = [f for f in Certificate._meta.concrete_fields if f.name != "id"]
columns = [connection.ops.quote_name(f.column) for f in fields]
changed = {{
    "serial_number": "printf('%039x', 1000000000000000 + n)", "sha256": "printf('%064x', n)",
    "state": "'revoked'", "revocation_reason": "'cessationOfOperation'", "server_id": "NULL",
    "revoked_at": "created_at", "der": "x''",
}}
values = [changed.get(f.column, connection.ops.quote_name(f.column)) for f in fields]
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM pki_certificate WHERE state = 'revoked'")
    cursor.execute(
        "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < "
        "{entries}) INSERT INTO pki_certificate (" + ", ".join(columns) + ") SELECT "
        + ", ".join(values) + " FROM counted, pki_certificate WHERE pki_certificate.id = "
        + str(template.pk)
    )
"""


def rows() -> Iterator[Row]:
    with served("rsa-4096") as product:
        yield ocsp_row(product)
        yield from list_rows(product)


def ocsp_row(product: Served) -> Row:
    request = product.directory / "request.der"
    request.write_bytes(question(product))
    base = f"http://127.0.0.1:{product.public_port}"
    asked = ("-p", str(request), "-T", "application/ocsp-request")
    measured: dict[str, list[float]] = {"static": [], "ocsp": []}
    for number in range(ROUNDS + 1):
        static = requests_per_second(f"{base}/healthz")
        answered = requests_per_second(f"{base}/ocsp/", *asked)
        if static is None or answered is None:
            return Row("OCSP", "—", "—", "ab (apache2-utils) is missing", "≥ 70%", None)
        if number:
            measured["static"].append(1 / static)
            measured["ocsp"].append(1 / answered)
    share = statistics.median(
        a / b for a, b in zip(measured["static"], measured["ocsp"], strict=True)
    )
    return Row(
        name="OCSP over plain HTTP, POST without nonce",
        measured=f"{1 / statistics.median(measured['ocsp']):.0f}/s",
        bare="—",
        compared=f"{share:.0%} of a static answer "
        f"({1 / statistics.median(measured['static']):.0f}/s)",
        target=f"≥ {OCSP_SHARE:.0%} of a static answer",
        met=share >= OCSP_SHARE,
        rounds=measured,
    )


def question(product: Served) -> bytes:
    """About the server certificate of the installation."""
    der = product.python(
        "print(Authority.objects.get().certificate.der.hex(), "
        "Certificate.objects.get(server__fqdn='localhost').der.hex())"
    )
    issuer, certificate = (
        x509.load_der_x509_certificate(bytes.fromhex(text)) for text in der.split()
    )
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())
    return asked.build().public_bytes(Encoding.DER)


def list_rows(product: Served) -> Iterator[Row]:
    first = 0.0
    for entries in ENTRIES:
        product.python(REVOKE.format(entries=entries))
        done = subprocess.run(
            [sys.executable, "-c", BUILD],
            env=product.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        made = json.loads(done.stdout)
        if made["entries"] != entries:
            raise RuntimeError(f"The list has {made['entries']:,} entries, not {entries:,}.")
        by_entry = made["seconds"] / entries
        first = first or by_entry
        met = made["seconds"] < LIST_SECONDS and made["bytes"] < LIST_BYTES
        yield Row(
            name=f"Revocation list, {entries:,} entries, from the database and back",
            measured=f"{made['seconds']:.2f} s",
            bare=f"{made['bare'] * 1000:.1f} ms",
            compared=f"{by_entry / first:.2f} times the shortest by entry; "
            f"{made['bytes'] / 1e6:.0f} MB at most; {made['der'] / 1e6:.1f} MB long",
            target=f"linear; < {LIST_SECONDS} s, < 1 GB",
            met=met and by_entry <= LINEAR * first,
            rounds={"list": [made["seconds"]], "bare": [made["bare"]]},
        )
