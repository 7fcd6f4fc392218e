"""nginx, HAProxy and Apache before the agent site, as deploy/ configures them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.est import Est
from tests.interop.programs import accepted, path_of
from tests.interop.proxies import FQDN, PROXIES, SECRET, Proxy
from tests.interop.published import Published, published

pytestmark = pytest.mark.interop

HELLO = "agent/v1/hello"


@pytest.fixture(scope="module", params=PROXIES, ids=lambda each: f"{each.name}-{each.format}")
def proxy(request: pytest.FixtureRequest) -> Proxy:
    found: Proxy = request.param
    for program in (found.name.replace("apache", "apache2"), "openssl", "curl"):
        path_of(program)
    return found


@pytest.fixture(scope="module")
def site(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    secret = tmp_path_factory.mktemp("secret") / "proxy-secret"
    secret.write_text(f"{SECRET}\n")
    with published(
        tmp_path_factory.mktemp(proxy.name),
        CERTIFLOW_TRUSTED_PROXIES="127.0.0.1,::1",
        CERTIFLOW_PROXY_SECRET_FILE=str(secret),
        CERTIFLOW_PROXY_CERTIFICATE=proxy.format,
    ) as running:
        running.fetch(FQDN)
        yield running


@pytest.fixture(scope="module")
def through(
    proxy: Proxy, site: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Est]:
    """What a machine has that reaches the agent site through the proxy."""
    directory = tmp_path_factory.mktemp("machine")
    with proxy.before(site, tmp_path_factory.mktemp("proxy")) as port:
        yield Est(directory, port, site.root)


def hello(est: Est, *arguments: str | Path) -> str:
    return accepted(
        *("curl", "-sS", "--cacert", est.root, "-H", "Content-Type: application/json", "-d", "{}"),
        *arguments,
        f"https://localhost:{est.port}/{HELLO}",
        cwd=est.directory,
    )


def test_a_workstation_works_through_the_proxy(site: Published, through: Est) -> None:
    """The proxy ends TLS and passes the certificate on; everything else is as without it."""
    through.join("pc-1", site.token("--automatic"))
    assert '"state": "trusted"' in hello(through, *through.shown())
    assert '"certificate.required"' in hello(through)
    through.request("pc-1", key="new-key.pem")
    assert through.enroll("simplereenroll", *through.shown()) == "200"


def test_what_a_caller_writes_into_the_headers_reaches_nobody(
    proxy: Proxy, site: Published, through: Est
) -> None:
    """Through the proxy it is overwritten; straight to the agent site it is refused."""
    through.join("pc-2", site.token("--automatic"))
    forged = forged_headers(proxy, through.directory)
    assert '"certificate.required"' in hello(through, *forged)
    straight = Est(through.directory, site.agent_port, site.root)
    assert '"proxy.untrusted"' in hello(straight, *forged)
    guess = ("-H", f"X-Proxy-Secret: {SECRET[::-1]}")
    assert '"proxy.untrusted"' in hello(straight, *forged, *guess)


def forged_headers(proxy: Proxy, directory: Path) -> tuple[str, ...]:
    """What a program on this machine knows to write: the certificate is no secret."""
    pem = (directory / "cert.pem").read_text()
    pem = pem[pem.index("-----BEGIN") :]
    base64 = "".join(pem.split("-----")[2].split())
    escaped = pem.replace("\n", "%0A").replace("+", "%2B")
    return {
        "nginx": ("-H", f"X-Client-Certificate: {escaped}", "-H", "X-Client-Verify: SUCCESS"),
        "haproxy": ("-H", f"X-SSL-Client-Cert: {base64}", "-H", "X-SSL-Client-Verify: 0"),
        "rfc9440": ("-H", f"Client-Cert: :{base64}:"),
    }[proxy.format]
