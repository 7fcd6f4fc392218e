"""The wizard, step by step and with everything that people get wrong."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pki.actions.name_policy import current_name_policy
from pki.actions.setup_code import new_setup_code
from pki.models import AuditEvent, Authority, Certificate, Server, User
from pki.x509 import bundles, issuing, keys, root_file
from pki.x509.keys import KeySpec

HTTPS = {"secure": True}
NOW = datetime.now(UTC)
PASSWORD = "correct horse battery"


def account(setup_code: str, **changes: str) -> dict[str, str]:
    return {
        "code": setup_code,
        "username": "anna",
        "password": PASSWORD,
        "password_again": PASSWORD,
        **changes,
    }


@pytest.mark.django_db
def test_every_page_leads_to_the_wizard_until_it_is_done(client: Client) -> None:
    assert client.get("/servers/", **HTTPS).url == "/setup/"
    assert client.get("/servers/", **HTTPS, SCRIPT_NAME="/setup").url.endswith("/setup/")
    assert client.get("/nothing/", **HTTPS).status_code == 404
    assert client.get("/setup/", **HTTPS).url == "/setup/administrator/"


@pytest.mark.django_db
def test_the_whole_wizard_from_the_code_to_this_hosts_certificate(client: Client) -> None:
    code = new_setup_code()
    answer = client.post("/setup/administrator/", account(code.lower()), **HTTPS)
    assert answer.url == "/setup/root/", answer.content.decode()
    answer = client.post(
        "/setup/root/new/", {"common_name": "CM Agent CA", "key": "ec-p256"}, **HTTPS
    )
    assert answer.url == "/setup/host/"
    page = client.get("/setup/host/", **HTTPS).content.decode()
    assert "admin.example.test" in page
    assert "\nexample.test</textarea>" in page, "this host's domain is proposed"
    answer = client.post(
        "/setup/host/",
        {"additional_names": "10.1.2.3", "key": "ec-p256", "permitted": "example.test"},
        **HTTPS,
    )
    assert "10.1.2.3 lies outside the name policy" in answer.content.decode()
    answer = client.post(
        "/setup/host/",
        {"additional_names": "10.1.2.3", "key": "ec-p256", "permitted": "example.test\n10.0.0.0/8"},
        **HTTPS,
    )
    assert answer.url == "/setup/done/"
    done = client.get("/setup/done/", **HTTPS).content.decode()
    assert "/download/cer" in done
    server = Server.objects.get()
    assert server.certificate is not None
    assert server.certificate.names == ["admin.example.test", "10.1.2.3"]
    assert current_name_policy().entries == ["example.test", "10.0.0.0/8"]
    assert {event.event for event in AuditEvent.objects.all()} >= {
        "user.added", "authority.created", "server.added", "certificate.issued",
    }  # fmt: skip


@pytest.mark.django_db
def test_the_code_works_once(client: Client) -> None:
    code = new_setup_code()
    client.post("/setup/administrator/", account(code), **HTTPS)
    other = Client()
    assert other.post("/setup/administrator/", account(code, username="eve"), **HTTPS).url == (
        "/setup/"
    )
    assert [user.username for user in User.objects.all()] == ["anna"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "AAAA-BBBB-CCCC"}, "This is not the set-up code"),
        ({"password": "short", "password_again": "short"}, "12 characters"),
        ({"password_again": "something else 1"}, "The two passwords differ"),
        ({"username": "two words"}, "no spaces"),
        ({"email": "anna@"}, "“anna@” is not an e-mail address"),
    ],
)
def test_a_mistake_is_named_and_no_account_is_made(
    client: Client, changes: dict[str, str], sentence: str
) -> None:
    answer = client.post("/setup/administrator/", account(new_setup_code(), **changes), **HTTPS)
    assert sentence in answer.content.decode()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_guessing_the_code_is_stopped(client: Client) -> None:
    new_setup_code()
    for _ in range(20):
        client.post("/setup/administrator/", account("AAAA-BBBB-CCCC"), **HTTPS)
    answer = client.post("/setup/administrator/", account("AAAA-BBBB-CCCC"), **HTTPS)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()


@pytest.fixture(scope="module")
def root_key() -> keys.PrivateKey:
    return keys.generate(KeySpec.parse("ec-p256"))


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize("form", ["json", "encrypted json", "pfx", "pem", "der"])
def test_a_root_is_imported_from_every_form(
    confirmed: Client, root_key: keys.PrivateKey, form: str
) -> None:
    root = issuing.root("CM Agent CA", root_key, now=NOW)
    files = {
        "json": [root_file.write(root, root_key)],
        "encrypted json": [root_file.write(root, root_key, "geheim")],
        "pfx": [bundles.pfx(root_key, root, [], "geheim", friendly_name="root")],
        "pem": [bundles.pem(root), keys.to_pem(root_key)],
        "der": [bundles.der(root), keys.to_der(root_key)],
    }[form]
    password = "geheim" if form in {"encrypted json", "pfx"} else ""
    answer = confirmed.post(
        "/setup/root/import/",
        {"upload": [upload(f"file{n}", file) for n, file in enumerate(files)],
         "password": password},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    stored = Authority.objects.get().certificate
    assert bytes(stored.der) == bundles.der(root)


def test_a_root_that_openssl_made_is_imported(confirmed: Client, tmp_path: Path) -> None:
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 30 "
        "-subj '/CN=Old CA'",
        shell=True, cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    files = [upload(name, (tmp_path / name).read_bytes()) for name in ("c.pem", "k.pem")]
    answer = confirmed.post("/setup/root/import/", {"upload": files})
    assert answer.status_code == 302, answer.content.decode()
    assert Authority.objects.get().common_name == "Old CA"


def refused(client: Client, files: list[bytes], password: str = "") -> str:
    answer = client.post(
        "/setup/root/import/",
        {"upload": [upload(f"file{n}", file) for n, file in enumerate(files)],
         "password": password},
    )  # fmt: skip
    assert answer.status_code == 200
    assert not Authority.objects.exists()
    assert not Certificate.objects.exists()
    return answer.content.decode().replace("&#x27;", "'")


def test_each_thing_wrong_with_a_root_has_its_own_sentence(
    confirmed: Client, root_key: keys.PrivateKey
) -> None:
    root = issuing.root("CM Agent CA", root_key, now=NOW)
    other = keys.generate(KeySpec.parse("ec-p256"))
    old = NOW - timedelta(days=400)
    expired = issuing.root("CM Agent CA", root_key, now=old, lifetime=timedelta(days=30))
    leaf = issuing.temporary_certificate("cm1.example.com", root_key, now=NOW)
    pfx = bundles.pfx(root_key, root, [], "geheim", friendly_name="root")
    client = confirmed
    assert "The password does not open the PFX file" in refused(client, [pfx], "wrong")
    assert "protected by a password" in refused(client, [pfx])
    assert "does not open the private key" in refused(
        client, [root_file.write(root, root_key, "geheim")], "wrong"
    )
    assert "does not belong to the certificate" in refused(
        client, [bundles.pem(root), keys.to_pem(other)]
    )
    assert "is not an authority's certificate" in refused(
        client, [bundles.pem(leaf), keys.to_pem(root_key)]
    )
    assert "This root expired on" in refused(client, [root_file.write(expired, root_key)])
    assert "no private key" in refused(client, [bundles.pem(root)])
    assert "is none of agent_root_ca.json" in refused(client, [b"\x00hello"])
    assert "1,048,576 is the most" in refused(client, [b"x" * 1_100_000])


def test_a_second_root_is_refused(confirmed: Client, authority: Authority) -> None:
    answer = confirmed.post("/setup/root/new/", {"common_name": "Another", "key": "ec-p256"})
    assert "There is a root already" in answer.content.decode()
    assert Authority.objects.count() == 1
