"""Agents over kept-alive mutual TLS: enrolling, enrolling again, saying hello."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.measurement import Row
from benchmarks.served import Served, requests_per_second, served

ROUNDS = 3
CONNECTIONS, REQUESTS = 8, 40
#: As many as the agent site has on a machine with two processors.
WORKERS = 2
SHARE = {"rsa-4096": 0.60, "ec-p256": None}
HELLO_SHARE = 0.60


def rows() -> Iterator[Row]:
    for root_key in SHARE:
        with served(root_key) as product:
            yield from enrollment_rows(product, root_key)
            if root_key == "ec-p256":
                yield hello_row(product)


def enrollment_rows(product: Served, root_key: str) -> Iterator[Row]:
    token = product.python(
        "from pki.actions.enrollment_tokens import make_token; "
        "print(make_token('bench', actor=SYSTEM, uses=100_000, automatic=True)[1])"
    )
    measured: dict[str, list[float]] = {"bare": [], "enroll": [], "reenroll": []}
    for number in range(ROUNDS + 1):
        found = {"bare": bare_seconds(root_key), **load(product, token)}
        if number:
            for name, seconds in found.items():
                measured[name].append(seconds)
    target = SHARE[root_key]
    for name, label in (("enroll", "EST enrollment"), ("reenroll", "EST re-enrollment")):
        shares = [a / b for a, b in zip(measured["bare"], measured[name], strict=True)]
        share = statistics.median(shares)
        yield Row(
            name=f"{label} over TLS, {root_key.upper()} root, {WORKERS} workers",
            measured=f"{1 / statistics.median(measured[name]):.0f}/s",
            bare=f"{1 / statistics.median(measured['bare']):.0f}/s",
            compared=f"{share:.0%} of {WORKERS} processes that only sign",
            target=f"≥ {target:.0%} of bare" if target else "none",
            met=share >= target if target else None,
            rounds=measured,
        )


def load(product: Served, token: str) -> dict[str, float]:
    """Seconds for one request; the agents share the processors with the server."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.agent_load", str(product.agent_port), token),
            *(str(CONNECTIONS), str(REQUESTS)),
        ],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def bare_seconds(root_key: str) -> float:
    """For one signature, when as many processes as there are workers do nothing else."""
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        each = list(pool.map(signing, [root_key] * WORKERS))
    return 1 / sum(1 / seconds for seconds in each)


def signing(root_key: str) -> float:
    from benchmarks.bare_signature import bare_signature
    from benchmarks.measurement import Contestant
    from pki.x509 import keys

    work = bare_signature(keys.generate(keys.KeySpec.parse(root_key)))
    contestant = Contestant(work, 400)
    contestant.seconds_each()
    return contestant.seconds_each()


def hello_row(product: Served) -> Row:
    """What every agent does all day, against a view that does nothing."""
    certificate = product.directory / "agent.pem"
    certificate.write_text(product.python(TRUSTED))
    body = product.directory / "hello.json"
    body.write_text(json.dumps({"hostname": "bench", "os": "Debian 12", "agent_version": "1.0"}))
    base = f"https://127.0.0.1:{product.agent_port}"
    shown = ("-E", str(certificate))
    said = (*shown, "-p", str(body), "-T", "application/json")
    measured: dict[str, list[float]] = {"empty": [], "hello": []}
    for number in range(ROUNDS + 1):
        empty = requests_per_second(f"{base}/healthz", *shown)
        hello = requests_per_second(f"{base}/agent/v1/hello", *said)
        if empty is None or hello is None:
            return Row("hello", "—", "—", "ab (apache2-utils) is missing", "≥ 60%", None)
        if number:
            measured["empty"].append(1 / empty)
            measured["hello"].append(1 / hello)
    share = statistics.median(
        a / b for a, b in zip(measured["empty"], measured["hello"], strict=True)
    )
    return Row(
        name="hello over kept-alive mutual TLS",
        measured=f"{1 / statistics.median(measured['hello']):.0f}/s",
        bare="—",
        compared=f"{share:.0%} of an empty view ({1 / statistics.median(measured['empty']):.0f}/s)",
        target=f"≥ {HELLO_SHARE:.0%} of an empty view",
        met=share >= HELLO_SHARE,
        rounds=measured,
    )


#: A trusted workstation; prints its certificate and its key.
TRUSTED = """
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pki.actions.certificate_row import parsed
from pki.actions.enrollment_tokens import make_token
from pki.actions.registration import Registration, register
from pki.actions.trust import trust
from pki.x509 import bundles, keys, requests
token = make_token("hello", actor=SYSTEM, automatic=True)[1]
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
request = requests.parse(csr.public_bytes(serialization.Encoding.PEM))
done = register(
    Registration(
        agent_id="bench", request=request, hostname="bench", os="Debian 12",
        agent_version="1.0", token=token,
    ),
    actor=SYSTEM,
)
trust(done.workstation, actor=SYSTEM)
print(bundles.pem(parsed(done.certificate)).decode() + keys.to_pem(key).decode())
"""
