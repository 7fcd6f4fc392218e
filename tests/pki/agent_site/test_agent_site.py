"""The agent site as agents meet it: joining, being verified, being refused."""

import base64
import socket
import ssl
import threading
import time
import uuid
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from tests.interop.programs import attempt
from tests.pki.agent_site.conftest import AgentSite, Client

EST = {"Content-Type": "application/pkcs10"}


def events(site: AgentSite, event: str) -> str:
    return site.do(
        f"print(list(AuditEvent.objects.filter(event={event!r}).values_list('detail', flat=True)))"
    )


def test_a_workstation_joins_with_approval_and_its_first_call_makes_it_trusted(
    site: AgentSite,
) -> None:
    client = Client(site, "joins")
    token = site.token()

    waiting = client.register(token)
    assert (waiting.status, waiting.document["state"]) == (202, "pending")
    assert int(waiting.headers["retry-after"]) == waiting.document["retry_after"] > 0
    assert client.register().status == 202, "asking again needs no token"
    site.decide("approve", "joins")
    given = client.register()
    assert (given.status, given.document["state"]) == (200, "approved")
    assert client.register().document["certificate"] == given.document["certificate"]

    hello = client.hello(hostname="joins.example.com", os="Debian", memory_mb=2048)

    assert (hello.status, hello.document["state"]) == (200, "trusted")
    root = x509.load_pem_x509_certificate(site.root_file.read_bytes())
    [announced] = hello.document["roots"]
    assert x509.load_pem_x509_certificate(announced["certificate"].encode()) == root
    assert "2048" in site.do("print(Workstation.objects.get(agent_id='joins').inventory)")


def test_a_denied_workstation_is_told_so_and_gets_nothing(site: AgentSite) -> None:
    client = Client(site, "denied")
    client.register(site.token())
    site.decide("deny", "denied")
    answer = client.register()
    assert (answer.status, answer.code) == (403, "workstation.denied")


def test_without_a_token_registration_is_refused_and_written_down(site: AgentSite) -> None:
    answer = Client(site, "nobody").register()
    assert (answer.status, answer.code) == (401, "registration.token_required")
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert "registration.token_required" in events(site, "agent.refused")


def test_a_wrong_and_a_used_token_are_refused(site: AgentSite) -> None:
    assert Client(site, "wrong").register("cft_wrong").code == "token.invalid"
    token = site.token(uses=1)
    assert Client(site, "first").register(token).status == 202
    assert Client(site, "second").register(token).code == "token.used"


def test_revoking_stops_a_workstation_on_the_connection_that_is_open(
    site: AgentSite, joined: Client
) -> None:
    assert joined.hello().status == 200
    open_connection = joined.connection
    site.revoke(joined.agent_id)
    answer = joined.hello()
    assert joined.connection is open_connection
    assert (answer.status, answer.code) == (403, "workstation.revoked")
    assert joined.call("GET", "/agent/v1/tasks").code == "workstation.revoked"
    assert joined.call("POST", "/agent/v1/renew", {"csr": joined.csr().decode()}).status == 403
    assert f"workstation revoked: {joined.agent_id}" in events(site, "agent.refused")


def test_a_renewed_certificate_is_the_same_for_an_agent_that_lost_the_answer(
    site: AgentSite, joined: Client
) -> None:
    new_key = ec.generate_private_key(ec.SECP256R1())
    body = {"csr": joined.csr(key=new_key).decode()}
    first = joined.call("POST", "/agent/v1/renew", body)
    second = joined.call("POST", "/agent/v1/renew", body)
    assert first.status == second.status == 200, first.content
    assert first.document["certificate"] == second.document["certificate"]
    joined.key, joined.certificate = new_key, first.document["certificate"].encode()
    joined.reconnect()
    assert joined.hello().status == 200


def test_a_task_is_given_to_one_agent_once_and_its_result_is_kept(
    site: AgentSite, joined: Client
) -> None:
    assert joined.hello().document["tasks"] == 0
    site.do(
        f"ws = Workstation.objects.get(agent_id={joined.agent_id!r}); "
        "agent_tasks.assign_task(ws, 'collect-log', {'lines': 5}, actor=SYSTEM)"
    )
    assert joined.hello().document["tasks"] == 1
    [task] = joined.call("GET", "/agent/v1/tasks").document["tasks"]
    assert (task["kind"], task["parameters"]) == ("collect-log", {"lines": 5})
    assert joined.call("GET", "/agent/v1/tasks").document["tasks"] == []
    path = f"/agent/v1/tasks/{task['id']}/result"
    told = {"outcome": "completed", "message": "5 lines", "result": {"log": "a\nb\x1b"}}
    assert joined.call("POST", path, told).document == {"state": "completed"}
    assert joined.call("POST", path, told).document == {"state": "completed"}
    assert "a\\nb\ufffd" in site.do(f"print(AgentTask.objects.get(pk={task['id']!r}).result)")
    assert (
        Client(site, "x", joined.key, joined.certificate)
        .call("POST", f"/agent/v1/tasks/{uuid.uuid4()}/result", told)
        .code
        == "task.missing"
    )


def test_an_agent_cannot_finish_the_task_of_another(site: AgentSite, joined: Client) -> None:
    joined.hello()
    other = Client(site, "the-other")
    other.register(site.token(automatic=True))
    other.hello()
    site.do(
        f"ws = Workstation.objects.get(agent_id={joined.agent_id!r}); "
        "agent_tasks.assign_task(ws, 'report-inventory', {}, actor=SYSTEM)"
    )
    [task] = joined.call("GET", "/agent/v1/tasks").document["tasks"]
    stolen = other.call("POST", f"/agent/v1/tasks/{task['id']}/result", {"outcome": "completed"})
    assert (stolen.status, stolen.code) == (404, "task.missing")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"not json", "application/json", 400, "body.json"),
        (b"[1, 2]", "application/json", 400, "body.json"),
        (b"\xff\xfe", "application/json", 400, "body.json"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "application/json", 400, "body.json"),
        (b"[" * 100_000, "application/json", 400, "body.json"),
        (b"{}", "text/plain", 415, "body.type"),
        (b"x" * (10 * 1024 * 1024), "application/json", 413, "body.too_large"),
    ],
    ids=["no JSON", "list", "no UTF-8", "deep", "deeper", "type", "10 MB"],
)
@pytest.mark.parametrize("path", ["register", "hello", "renew", f"tasks/{uuid.UUID(int=7)}/result"])
def test_bodies_nobody_can_use_are_refused_in_words(
    site: AgentSite, path: str, body: bytes, content_type: str, status: int, code: str
) -> None:
    client = Client(site, "bad-bodies")
    if path != "register":
        client = known_client(site)
    try:
        answer = client.call("POST", f"/agent/v1/{path}", body, {"Content-Type": content_type})
    except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
        # The server does not wait for the end of what it will not take.
        assert status == 413
        return
    finally:
        client.reconnect()
    assert (answer.status, answer.code) == (status, code)
    assert answer.document["detail"]


KNOWN: dict[int, Client] = {}


def known_client(site: AgentSite) -> Client:
    if site.port not in KNOWN:
        KNOWN[site.port] = Client(site, "known")
        KNOWN[site.port].register(site.token(automatic=True))
    return KNOWN[site.port]


def test_a_certificate_request_for_another_name_is_refused(site: AgentSite, joined: Client) -> None:
    foreign = joined.csr("someone-else").decode()
    assert Client(site, "own").register(site.token(), csr=foreign).code == "request.foreign_name"
    answer = joined.call("POST", "/agent/v1/renew", {"csr": foreign})
    assert (answer.status, answer.code) == (400, "request.foreign_name")


def test_a_server_certificate_is_no_client_certificate(site: AgentSite, tmp_path: Path) -> None:
    pem = site.do(
        "from pki.actions.host_certificate import host_certificate; "
        "c = host_certificate(); print((c.chain_pem + c.key_pem).decode())"
    )
    assert refused_by_tls(site, tmp_path, pem.encode())


def test_a_certificate_of_another_authority_is_no_client_certificate(
    site: AgentSite, tmp_path: Path
) -> None:
    attempt(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k.pem",
        "-out", tmp_path / "c.pem", "-subj", "/CN=pc-1", "-days", "2",
        "-addext", "extendedKeyUsage=clientAuth",
    )  # fmt: skip
    pem = (tmp_path / "c.pem").read_bytes() + (tmp_path / "k.pem").read_bytes()
    assert refused_by_tls(site, tmp_path, pem)


def refused_by_tls(site: AgentSite, directory: Path, pem: bytes) -> bool:
    path = directory / "client.pem"
    path.write_bytes(pem)
    context = ssl.create_default_context(cafile=str(site.root_file))
    context.load_cert_chain(path)
    try:
        with (
            socket.create_connection(("localhost", site.port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(b"GET /agent/v1/tasks HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return secure.recv(1000) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def test_a_certificate_in_a_header_is_believed_from_nobody_by_default(
    site: AgentSite, joined: Client
) -> None:
    forger = Client(site, "forger")
    escaped = joined.certificate.decode().replace("\n", "%0A").replace(" ", "%20")
    headers = {"X-Client-Certificate": escaped, "X-Client-Verify": "SUCCESS"}
    answer = forger.call("POST", "/agent/v1/hello", {}, headers)
    assert (answer.status, answer.code) == (403, "proxy.untrusted")
    assert "proxy.untrusted" in events(site, "agent.refused")


def test_est_enrolls_and_reenrolls(site: AgentSite) -> None:
    client = Client(site, "est-1")
    basic = base64.b64encode(f"any:{site.token(automatic=True)}".encode()).decode()
    body = der64(client.csr())
    answer = client.call(
        "POST",
        "/.well-known/est/simpleenroll",
        body,
        {**EST, "Authorization": f"Basic {basic}"},
    )
    assert answer.status == 200, answer.content
    assert answer.headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only"
    assert answer.headers["content-transfer-encoding"] == "base64"
    [first] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.content))
    again = client.call("POST", "/.well-known/est/simpleenroll", body, EST)
    assert again.content == answer.content

    client.certificate = first.public_bytes(Encoding.PEM)
    client.reconnect()
    renewed = client.call(
        "POST",
        "/.well-known/est/simplereenroll",
        der64(client.csr(key=ec.generate_private_key(ec.SECP256R1()))),
        EST,
    )
    [second] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(renewed.content))
    assert second.serial_number != first.serial_number
    assert second.subject == first.subject
    root = x509.load_pem_x509_certificate(site.root_file.read_bytes())
    second.verify_directly_issued_by(root)


def der64(pem: bytes) -> bytes:
    return base64.encodebytes(x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER))


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"@@@@", "application/pkcs10", 400, "body.base64"),
        (b"MIIB", "application/pkcs10", 400, "request.unreadable"),
        (b"MII", "application/pkcs10", 400, "body.base64"),
        (b"", "application/pkcs10", 400, "request.unreadable"),
        (b"MIIB", "application/json", 415, "body.type"),
    ],
)
def test_est_refuses_what_is_no_request(
    site: AgentSite, body: bytes, content_type: str, status: int, code: str
) -> None:
    answer = Client(site, "est-2").call(
        "POST", "/.well-known/est/simpleenroll", body, {"Content-Type": content_type}
    )
    assert (answer.status, answer.code) == (status, code)


def test_an_address_that_does_not_exist_is_a_problem_document_too(site: AgentSite) -> None:
    answer = Client(site, "lost").call("GET", "/agent/v1/secrets")
    assert (answer.status, answer.code) == (404, "address.unknown")
    assert Client(site, "lost").call("GET", "/agent/v1/register").status == 405


def test_slow_clients_do_not_stop_the_others(site: AgentSite, joined: Client) -> None:
    stop = threading.Event()

    def dribble() -> None:
        context = ssl.create_default_context(cafile=str(site.root_file))
        with (
            socket.create_connection(("localhost", site.port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            for letter in b"POST /agent/v1/register HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 99:
                if stop.wait(1):
                    return
                secure.sendall(bytes([letter]))

    slow = [threading.Thread(target=dribble, daemon=True) for _ in range(40)]
    for each in slow:
        each.start()
    time.sleep(2)
    assert all(joined.hello().status == 200 for _ in range(50))
    stop.set()


def test_a_renewed_server_certificate_is_answered_with_at_once(site: AgentSite) -> None:
    def presented() -> str:
        return ssl.get_server_certificate(("localhost", site.port))

    before = presented()
    done = site.product.command("renew", "--server", "localhost")
    assert done.returncode == 0, done.stderr
    for _ in range(50):
        # By every worker: each looks once a second.
        if before not in [presented() for _ in range(8)]:
            return
        time.sleep(0.1)
    raise AssertionError("The old certificate is still answered with.")
