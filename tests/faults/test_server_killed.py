"""The agent site killed at random while agents register and renew: nothing is lost or doubled."""

import contextlib
import hashlib
import http.client
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pki.agent_site.conftest import AgentSite, Client
from tests.running_product import RunningProduct

KILLS = int(os.environ.get("CERTIFLOW_TEST_KILLS", "100"))
AGENTS = 20
#: After so many killed workers the whole product is killed and started anew.
WHOLE_EVERY = 30


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentSite]:
    directory = tmp_path_factory.mktemp("faults")
    product = RunningProduct(
        directory, CERTIFLOW_HOST="localhost", CERTIFLOW_AUTOMATIC_REGISTRATION="off"
    )
    done = product.command(
        *("setup", "--admin", "root", "--password-stdin", "--root-key-size", "2048"),
        stdin="correct horse battery\n",
    )
    assert done.returncode == 0, done.stderr
    product.start()
    yield AgentSite(product, directory)
    product.stop()


def workers(product: RunningProduct) -> list[int]:
    """The processes that serve agents, without the one that starts them anew."""
    listed = subprocess.run(
        ["ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    serving = {int(pid): int(parent) for pid, parent, args in rows if "agent_wsgi" in args}
    return [pid for pid, parent in serving.items() if parent in serving and mine(pid, product)]


def mine(pid: int, product: RunningProduct) -> bool:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        wanted = f"CERTIFLOW_AGENT_BIND={product.environment['CERTIFLOW_AGENT_BIND']}".encode()
        return wanted in file.read().split(b"\0")
    return False


def running() -> list[int]:
    """Every process but this one."""
    numbers = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return [pid for pid in numbers if pid != os.getpid()]


def kill_everything(product: RunningProduct) -> None:
    """Supervisor, sites and workers at once, as when the power fails; then a new start."""
    assert product.process is not None
    # Again until none is left: one may be started by another that is killed a moment later.
    while left := [pid for pid in running() if mine(pid, product)]:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        product.process.poll()
        time.sleep(0.05)
    product.process.wait(timeout=10)
    product.start()


class Insistent(threading.Thread):
    """An agent that joins, renews and starts anew as another one, whatever happens meanwhile."""

    def __init__(self, site: AgentSite, number: int, token: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.site, self.number, self.token, self.stop = site, number, token, stop
        self.received: list[bytes] = []
        self.finished = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            client = Client(self.site, f"agent-{self.number}-{self.finished}")
            document = {
                "agent_id": client.agent_id,
                "hostname": client.agent_id,
                "os": "Linux",
                "agent_version": "1",
                "csr": client.csr().decode(),
            }
            headers = {"Authorization": f"Bearer {self.token}"}
            self.take(client, "/agent/v1/register", document, headers)
            new_key = ec.generate_private_key(ec.SECP256R1())
            body = {"csr": client.csr(key=new_key).decode()}
            self.take(client, "/agent/v1/renew", body, {}, new_key)
            self.finished += 1

    def take(
        self,
        client: Client,
        path: str,
        body: dict[str, str],
        headers: dict[str, str],
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> None:
        """Asks until it is answered, then uses what it got from there on."""
        while True:
            try:
                answer = client.call("POST", path, body, headers)
            except (OSError, http.client.HTTPException):
                client.reconnect()
                time.sleep(0.05)
                continue
            if answer.status == 200:
                break
            if answer.status != 503:
                self.wrong.append(f"{path} {answer.status} {answer.content.decode()}")
                self.stop.set()
                return
            time.sleep(0.5)
        pem = answer.document["certificate"].encode()
        self.received.append(pem)
        client.certificate, client.key = pem, key or client.key
        client.reconnect()


@pytest.mark.started
@pytest.mark.timeout(600)
def test_what_agents_received_is_in_the_database_after_any_kill(site: AgentSite) -> None:
    token = site.token(automatic=True, uses=100_000)
    stop = threading.Event()
    agents = [Insistent(site, number, token, stop) for number in range(AGENTS)]
    for agent in agents:
        agent.start()
    killed = 0
    chance = random.Random(7)
    deadline = time.monotonic() + 150
    while killed < KILLS and time.monotonic() < deadline and not stop.is_set():
        time.sleep(chance.uniform(0.05, 0.6))
        for pid in workers(site.product):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
                if killed % WHOLE_EVERY == 0:
                    kill_everything(site.product)
                    break
    stop.set()
    for agent in agents:
        # A reservation of a killed process keeps its workstation waiting for a minute.
        agent.join(timeout=120)

    assert killed >= KILLS or any(agent.wrong for agent in agents)
    assert not [agent.wrong for agent in agents if agent.wrong]
    assert not [agent.number for agent in agents if agent.is_alive()], "An agent is stuck."
    received = [pem for agent in agents for pem in agent.received]
    fingerprints = {
        hashlib.sha256(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)).hexdigest()
        for pem in received
    }
    assert len(fingerprints) == len(received) > AGENTS
    stored = site.do(
        "print(' '.join(Certificate.objects.filter(state='issued', profile='workstation')"
        ".values_list('sha256', flat=True)))"
    ).split()
    assert fingerprints <= set(stored)
    numbers = site.do(
        "print(' '.join(Certificate.objects.filter(profile='workstation')"
        ".values_list('serial_number', flat=True)))"
    ).split()
    assert len(numbers) == len(set(numbers))
