"""The first job of a new administrator: from the set-up code to a server that answers.

One story, told in order: every test goes on where the one before stopped.
"""

import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, look
from tests.running_product import HOST, RunningProduct, free_port

USER, PASSWORD, PFX_PASSWORD = "anna", "correct horse battery", "open sesame 1"
SERVER = "cm1.example.test"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the downloads go."""
    return tmp_path_factory.mktemp("downloads")


def save(page: Page, button: str, directory: Path) -> Path:
    """Click what downloads, and the file it gave."""
    with page.expect_download() as download:
        page.get_by_role("link", name=button).or_(page.get_by_role("button", name=button)).click()
    target = directory / download.value.suggested_filename
    download.value.save_as(target)
    return target


def certificate_answered(port: int, root: Path | None = None, host: str = HOST) -> x509.Certificate:
    """What a TLS client gets that trusts ``root`` and nothing else (or that asks nothing)."""
    if root is None:
        return x509.load_pem_x509_certificate(
            ssl.get_server_certificate(("127.0.0.1", port)).encode()
        )
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=root.read_bytes())
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        der = wrapped.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)


def test_the_set_up_code_lets_the_administrator_in(page: Page, product: RunningProduct) -> None:
    page.goto("/")
    expect(page).to_have_url(f"{product.url}/setup/administrator/")
    assert look(page, "setup-administrator") == []
    page.get_by_label("Set-up code").fill("AAAA-BBBB-CCCC")
    page.get_by_label("Your user name").fill(USER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_text("This is not the set-up code")).to_be_visible()
    assert look(page, "setup-administrator-refused") == []
    page.get_by_label("Set-up code").fill(product.setup_code)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Which root signs")).to_be_visible()


def test_a_new_root_is_created(page: Page) -> None:
    assert look(page, "setup-root") == []
    page.get_by_role("link", name="Import an existing root").click()
    assert look(page, "setup-root-import", "Import an existing root") == []
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Create a new root").click()
    assert look(page, "setup-root-new", "Create a new root") == []
    page.get_by_role("button", name="Create the root").click()
    expect(page.get_by_text("its key is stored encrypted")).to_be_visible(timeout=60_000)


def test_the_dashboard_takes_its_new_certificate_at_once(
    page: Page, product: RunningProduct, files: Path
) -> None:
    temporary = certificate_answered(product.port)
    assert temporary.issuer == temporary.subject
    assert look(page, "setup-host", "A certificate for this host") == []
    permitted = page.get_by_label("Names that server certificates may have")
    expect(permitted).to_have_value(HOST.partition(".")[2])
    # The address at which nginx is asked later.
    permitted.fill(f"{HOST.partition('.')[2]}\n127.0.0.0/8")
    page.get_by_role("button", name="Issue the certificate").click()
    expect(page.get_by_role("heading", name="Everything is in place")).to_be_visible()
    assert look(page, "setup-done") == []
    root = save(page, "Download agent_root_ca.cer", files)
    assert root.name == "agent_root_ca.cer"
    deadline = time.monotonic() + 10
    while certificate_answered(product.port) == temporary and time.monotonic() < deadline:
        time.sleep(0.2)
    assert certificate_answered(product.port, root).subject.rfc4514_string() == f"CN={HOST}"


def test_a_server_is_added_and_gets_its_certificate(page: Page) -> None:
    page.get_by_role("link", name="Add a server").click()
    assert look(page, "server-add", "Add a server") == []
    page.get_by_label("Full DNS name").fill("cm1 example")
    page.get_by_role("button", name="Add the server").click()
    expect(page.get_by_text("has a space in it")).to_be_visible()
    assert look(page, "server-add-refused") == []
    page.get_by_label("Full DNS name").fill("cm1.example.org")
    page.get_by_role("button", name="Add the server").click()
    expect(page.get_by_text("lies outside the name policy")).to_be_visible()
    assert look(page, "server-add-outside") == []
    page.get_by_label("Full DNS name").fill(SERVER)
    page.get_by_label("Additional names").fill("127.0.0.1")
    page.get_by_role("button", name="Add the server").click()
    assert look(page, "server-issue", "Issue the certificate") == []
    page.get_by_role("button", name="Issue the certificate").click()
    expect(page.get_by_role("heading", name="Put it to work")).to_be_visible()
    assert look(page, "certificate-issued") == []


def test_the_private_key_is_downloaded_after_the_password(page: Page, files: Path) -> None:
    save(page, "Chain (PEM)", files)
    # The password that was chosen in the wizard counts as fresh for some minutes.
    page.context.clear_cookies()
    page.reload()
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="with the private key").click()
    assert look(page, "reauthenticate", "Confirm that it is you") == []
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Download with the private key")).to_be_visible()
    assert look(page, "private-key") == []
    page.get_by_label("Password for the PFX").fill(PFX_PASSWORD)
    expect(page.get_by_text("Fair").or_(page.get_by_text("Good"))).to_be_visible()
    page.get_by_label("The same password again").first.fill(PFX_PASSWORD)
    pfx = save(page, "Download .pfx", files)
    key, certificate, chain = pkcs12.load_key_and_certificates(
        pfx.read_bytes(), PFX_PASSWORD.encode()
    )
    assert key is not None
    assert certificate is not None
    assert certificate.subject.rfc4514_string() == f"CN={SERVER}"
    assert [issuer.public_bytes(Encoding.DER) for issuer in chain] == [
        (files / "agent_root_ca.cer").read_bytes()
    ]
    save(page, "Download .key", files)


@pytest.fixture(scope="module")
def nginx(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Debian's nginx with the downloaded files; the port it answers on."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed; `make test-tools` installs it.")
    home, port = tmp_path_factory.mktemp("nginx"), free_port()
    (home / "index.html").write_text("<h1>It works</h1>")
    home.chmod(0o755)
    (home / "nginx.conf").write_text(
        f"""
        daemon off; user root; pid {home}/pid; error_log {home}/error.log;
        events {{}}
        http {{
            access_log off;
            server {{
                listen 127.0.0.1:{port} ssl;
                server_name {SERVER};
                ssl_certificate {files}/{SERVER}.chain.pem;
                ssl_certificate_key {files}/{SERVER}.key;
                root {home};
            }}
        }}
        """
    )
    process = subprocess.Popen([program, "-c", home / "nginx.conf", "-e", home / "error.log"])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            certificate_answered(port)
            break
        except OSError:
            time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(10)


def test_a_client_that_trusts_only_the_downloaded_root_accepts_nginx(
    nginx: int, files: Path
) -> None:
    root = files / "agent_root_ca.cer"
    assert certificate_answered(nginx, root, SERVER).subject.rfc4514_string() == f"CN={SERVER}"
    with pytest.raises(ssl.SSLCertVerificationError):
        certificate_answered(nginx, root, "other.example.test")
    only_the_root = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    only_the_root.load_verify_locations(cadata=root.read_bytes())
    page = urllib.request.urlopen(f"https://127.0.0.1:{nginx}/", context=only_the_root)
    assert b"It works" in page.read()  # by its IP address, which is among its names


def test_chromium_that_trusts_only_the_downloaded_root_shows_the_page(
    nginx: int, files: Path, playwright_engine: Playwright, tmp_path: Path
) -> None:
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("certutil is not installed; `make test-tools` installs it.")
    store = tmp_path / ".pki" / "nssdb"
    store.mkdir(parents=True)
    subprocess.run([certutil, "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
    url = f"https://{SERVER}:{nginx}/"
    launch = {
        "executable_path": CHROMIUM,
        "chromium_sandbox": False,
        "args": ARGUMENTS,
        "env": {**os.environ, "HOME": str(tmp_path)},
    }
    browser = playwright_engine.chromium.launch(**launch)
    with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
        browser.new_page().goto(url)
    browser.close()
    subprocess.run(
        [certutil, "-d", f"sql:{store}", "-A", "-n", "root", "-t", "C,,", "-i",
         files / "agent_root_ca.cer"],
        check=True,
    )  # fmt: skip
    browser = playwright_engine.chromium.launch(**launch)
    page = browser.new_page()
    page.goto(url)
    expect(page.get_by_role("heading", name="It works")).to_be_visible()
    browser.close()


def test_renewing_and_comparing(page: Page) -> None:
    page.goto("/servers/")
    page.get_by_role("link", name=SERVER).click()
    assert look(page, "server-detail", SERVER) == []
    page.get_by_role("link", name="Renew").click()
    assert look(page, "server-renew", "Renew the certificate") == []
    page.get_by_role("button", name="Renew the certificate").click()
    expect(page.get_by_text("has a new certificate")).to_be_visible()
    page.get_by_role("link", name="compare the two").click()
    assert look(page, "certificate-compare", "What changed") == []


def test_revoking(page: Page) -> None:
    page.goto("/certificates/")
    assert look(page, "certificate-list") == []
    page.get_by_role("link", name=SERVER).nth(1).click()
    page.get_by_role("link", name="Revoke").click()
    assert look(page, "certificate-revoke", "Revoke the certificate") == []
    page.get_by_label("Another certificate replaces it").check()
    page.get_by_label("I know that this cannot be undone").check()
    page.get_by_role("button", name="Revoke it for good").click()
    expect(page.get_by_text("is revoked.")).to_be_visible()
    assert look(page, "certificate-revoked") == []


def test_a_certificate_that_breaks_the_rules_gets_a_verdict_a_line(page: Page, files: Path) -> None:
    page.goto("/servers/add/")
    page.get_by_label("Full DNS name").fill("cm2.example.test")
    page.get_by_role("button", name="Add the server").click()
    page.get_by_role("link", name="Import that certificate").click()
    assert look(page, "server-import", "Import a certificate") == []
    page.get_by_label("Certificate, with its key").set_input_files(files / f"{SERVER}.chain.pem")
    page.get_by_role("button", name="Check and import").click()
    expect(page.get_by_text("This certificate does not fit")).to_be_visible()
    assert look(page, "server-import-refused") == []


@pytest.mark.parametrize(
    "path",
    [
        "/", "/servers/", "/authorities/", "/audit/", "/settings/", "/settings/users/",
        "/search/?q=cm1", "/search/?q=nothing-like-this", "/accounts/password/change/",
        "/accounts/two-step/", "/accounts/two-step/totp/activate/", "/settings/users/add/",
        "/no/such/page/", "/certificates/?state=expired",
    ],
)  # fmt: skip
def test_every_other_page_looks_right(page: Page, path: str) -> None:
    page.goto(path)
    name = path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-") or "overview"
    assert look(page, name) == []


def test_the_page_of_the_root_and_its_export(page: Page, files: Path) -> None:
    page.goto("/authorities/")
    page.get_by_role("link", name="CM Agent CA").first.click()
    assert look(page, "authority-detail", "CM Agent CA") == []
    page.get_by_role("link", name="Export with its key").click()
    assert look(page, "authority-export", "Export the root") == []
    page.get_by_label("Password for the file").fill(PFX_PASSWORD)
    page.get_by_label("The same password again").fill(PFX_PASSWORD)
    assert "encryptedPrivateKey" in save(page, "Download agent_root_ca.json", files).read_text()


def test_who_is_not_signed_in_sees_how_to(context: BrowserContext, product: RunningProduct) -> None:
    browser = context.browser
    assert browser is not None
    stranger = browser.new_context(base_url=product.url, ignore_https_errors=True)
    page = stranger.new_page()
    page.goto("/servers/")
    assert look(page, "login", "Sign in") == []
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("are not correct")).to_be_visible()
    assert look(page, "login-refused") == []
    stranger.close()


def test_signing_out_and_in_again_without_javascript(
    page: Page, context: BrowserContext, product: RunningProduct
) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(
        base_url=product.url, ignore_https_errors=True, java_script_enabled=False
    )
    page = plain.new_page()
    page.goto("/servers/")
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add a server").click()
    page.get_by_label("Full DNS name").fill("plain.example.test")
    page.get_by_role("button", name="Add the server").click()
    page.get_by_role("button", name="Issue the certificate").click()
    expect(page.get_by_role("heading", name="Put it to work")).to_be_visible()
    page.get_by_text("nginx", exact=True).click()
    expect(page.get_by_text("ssl_certificate_key")).to_be_visible()
    plain.close()


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/servers/add/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Full DNS name")).to_be_focused()
    page.keyboard.type("keys.example.test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Issue the certificate")).to_be_visible()


def test_no_page_breaks_its_own_security_policy(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for path in ("/", "/servers/", "/certificates/", "/audit/", "/settings/"):
        page.goto(path)
    assert [text for text in complaints if "Content Security Policy" in text] == []
