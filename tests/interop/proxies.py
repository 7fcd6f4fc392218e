"""Real proxies before the agent site, each configured by its file in deploy/."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.interop.nginx import nginx
from tests.interop.programs import path_of
from tests.interop.published import Published
from tests.running_product import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRET = "0123456789abcdef0123456789abcdef"
#: Of the product and of the proxy before it.
FQDN = "localhost"


@dataclass(frozen=True)
class Proxy:
    """A kind of proxy; ``start`` needs a site, a directory and the port to listen on."""

    name: str
    #: Of CERTIFLOW_PROXY_CERTIFICATE.
    format: str

    @contextlib.contextmanager
    def before(self, site: Published, directory: Path) -> Iterator[int]:
        """The port on which it answers."""
        port = free_port()
        start = {"nginx": start_nginx, "haproxy": start_haproxy, "apache": start_apache}
        with start[self.name](self, site, directory, port):
            yield port


#: HAProxy writes both formats of its own kind.
PROXIES = (
    Proxy("nginx", "nginx"),
    Proxy("haproxy", "haproxy"),
    Proxy("haproxy", "rfc9440"),
    Proxy("apache", "nginx"),
)


def adapted(name: str, site: Published, directory: Path, port: int) -> str:
    """The file in deploy/ with this machine's names, ports and files in it."""
    text = (DEPLOY / name).read_text()
    chained = directory / "chained.pem"
    chained.write_bytes(site.pem(f"{FQDN}.pem").read_bytes() + site.pem(f"{FQDN}.key").read_bytes())
    for old, new in (
        ("*:3003", f"127.0.0.1:{port}"),
        ("127.0.0.1:13003", f"localhost:{site.agent_port}"),
        ("/etc/haproxy/agent_ssl_cert.pem", str(chained)),
        ("cm1.example.com", "localhost"),
    ):
        text = text.replace(old, new)
    for folder in ("nginx", "haproxy", "apache2"):
        for old, new in (
            ("agent_ssl_cert.pem", str(site.pem(f"{FQDN}.pem"))),
            ("agent_ssl_cert.key", str(site.pem(f"{FQDN}.key"))),
            ("agent_root_ca.pem", str(site.root)),
            ("certiflow-proxy-secret.conf", str(directory / "secret.conf")),
        ):
            text = text.replace(f"/etc/{folder}/{old}", new)
    return text


@contextlib.contextmanager
def start_nginx(_proxy: Proxy, site: Published, directory: Path, port: int) -> Iterator[None]:
    (directory / "secret.conf").write_text(f"proxy_set_header X-Proxy-Secret {SECRET};\n")
    text = adapted("nginx-agent-site.conf", site, directory, port)
    inner = text[text.index("ssl_certificate ") : text.rindex("}")]
    with nginx(directory, port, inner):
        yield


@contextlib.contextmanager
def start_haproxy(proxy: Proxy, site: Published, directory: Path, port: int) -> Iterator[None]:
    text = adapted("haproxy-agent-site.cfg", site, directory, port)
    if proxy.format == "rfc9440":
        # As docs/proxies.md says.
        text = text.replace(
            "X-SSL-Client-Cert %[ssl_c_der,base64]",
            "Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }",
        ).replace(
            "http-request set-header X-SSL-Client-Verify %[ssl_c_verify]",
            "http-request del-header Client-Cert unless { ssl_c_used }",
        )
    path = directory / "haproxy.cfg"
    path.write_text(f"{text}\n")
    with started(
        [path_of("haproxy"), "-db", "-f", str(path)],
        port,
        directory,
        CERTIFLOW_PROXY_SECRET=SECRET,
    ):
        yield


@contextlib.contextmanager
def start_apache(_proxy: Proxy, site: Published, directory: Path, port: int) -> Iterator[None]:
    program = path_of("apache2")
    (directory / "secret.conf").write_text(f"RequestHeader set X-Proxy-Secret {SECRET}\n")
    modules = ("mpm_event", "ssl", "headers", "proxy", "proxy_http", "authz_core", "socache_shmcb")
    load = "".join(
        f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules
    )
    path = directory / "apache.conf"
    path.write_text(
        f"ServerRoot {directory}\nServerName localhost\nPidFile {directory}/apache.pid\n"
        f"Mutex file:{directory}\nUser www-data\nGroup www-data\n"
        f"ErrorLog {directory}/error.log\n{load}Listen 127.0.0.1:{port}\n"
        + adapted("apache-agent-site.conf", site, directory, port)
    )
    with started([program, "-DFOREGROUND", "-f", str(path)], port, directory):
        yield


@contextlib.contextmanager
def started(command: list[str], port: int, directory: Path, **environment: str) -> Iterator[None]:
    with (directory / "proxy.log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and running.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"It did not start:\n{(directory / 'proxy.log').read_text()}")
        yield
    finally:
        running.terminate()
        running.wait(timeout=30)
