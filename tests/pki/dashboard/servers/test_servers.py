"""Adding servers, issuing, renewing and importing their certificates."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.servers import add_server
from pki.models import AuditEvent, Authority, Certificate, Server
from pki.x509 import bundles, issuing, keys, profiles
from pki.x509.keys import KeySpec

NOW = datetime.now(UTC)


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def csr(common_name: str, *names: str, key: keys.PrivateKey | None = None) -> bytes:
    key = key or keys.generate(KeySpec.parse("ec-p256"))
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    )
    if names:
        general = [x509.DNSName(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(bundles.Encoding.PEM)


@pytest.mark.parametrize(
    ("fqdn", "sentence"),
    [
        ("cm1 example.com", "has a space in it"),
        ("a" * 300, "253 at most"),
        ("cm1.example.com.", "ends with a dot"),
        ("cm_1.example.com", "has an underscore"),
        ("*", "is not a wildcard that clients accept"),
        ("*.*.x", "is not a wildcard that clients accept"),
        ("10.0.0.1", "is an IP address"),
        ("", "This field is required"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_in_words(
    as_operator: Client, authority: Authority, fqdn: str, sentence: str
) -> None:
    answer = as_operator.post("/servers/add/", {"fqdn": fqdn, "additional_names": ""})
    assert sentence in text(answer)
    assert not Server.objects.exists()


def test_a_name_in_cyrillic_is_kept_as_a_labels_and_shown_in_its_letters(
    as_operator: Client, authority: Authority
) -> None:
    as_operator.post("/servers/add/", {"fqdn": "Сервер.пример.рф", "additional_names": ""})
    assert Server.objects.get().fqdn == "xn--b1afb6bcb.xn--e1afmkfd.xn--p1ai"
    assert "сервер.пример.рф" in text(as_operator.get("/servers/"))


def test_a_server_is_added_and_its_certificate_issued(
    as_operator: Client, authority: Authority
) -> None:
    answer = as_operator.post(
        "/servers/add/",
        {"fqdn": "CM1.example.com", "additional_names": "alias.example.com\n10.0.0.5 fe80::1"},
    )
    server = Server.objects.get()
    assert answer.url == f"/servers/{server.pk}/issue/"
    answer = as_operator.post(
        answer.url, {"origin": "here", "key": "rsa-2048", "days": "397", "csr_text": ""}
    )
    issued = Certificate.objects.get(server=server)
    assert answer.url == f"/certificates/{issued.serial_number}/"
    assert issued.names == ["cm1.example.com", "alias.example.com", "10.0.0.5", "fe80::1"]
    page = text(as_operator.get(answer.url))
    assert issued.sha1.upper() in page  # in the commands for IIS
    assert "Put it to work" in page


@pytest.mark.parametrize(
    ("days", "sentence"),
    [("0", "one day at least"), ("826", "825"), ("99999999999999", "825"), ("x", "whole number")],
)
def test_a_lifetime_that_clients_refuse_is_refused(
    as_operator: Client, server: Server, days: str, sentence: str
) -> None:
    answer = as_operator.post(
        f"/servers/{server.pk}/issue/", {"origin": "here", "key": "ec-p256", "days": days}
    )
    assert sentence in text(answer)
    assert not Certificate.objects.filter(server=server).exists()


def test_a_request_is_pasted_or_uploaded(as_operator: Client, server: Server) -> None:
    url = f"/servers/{server.pk}/issue/"
    upload = SimpleUploadedFile("cm1.csr", csr("cm1.example.com", "cm1.example.com"))
    answer = as_operator.post(
        url, {"origin": "request", "csr_text": "", "csr_file": upload, "days": "90"}
    )
    assert answer.status_code == 302, text(answer)
    issued = Certificate.objects.get(server=server)
    assert issued.private_key is None
    assert issued.names == ["cm1.example.com", "10.0.0.5"]


def weak_request() -> bytes:
    return csr("cm1.example.com", key=rsa.generate_private_key(65537, 1024))


def broken_signature() -> bytes:
    request = x509.load_pem_x509_csr(csr("cm1.example.com"))
    der = bytearray(request.public_bytes(bundles.Encoding.DER))
    der[-1] ^= 1
    return bytes(der)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hello", "This is not a certificate request"),
        (broken_signature(), "signature"),
        (weak_request(), "1024 bits is too weak"),
        (b"x" * 3_000_000, "65,536 at most"),
        (csr("other.example.com"), "asks for other.example.com"),
        (keys.to_pem(keys.generate(KeySpec.parse("ec-p256"))), "This is a private key"),
    ],
    ids=["not one", "broken signature", "1024 bits", "3 MB", "foreign name", "private key"],
)
def test_a_request_that_cannot_be_used_is_refused_in_words(
    as_operator: Client, server: Server, content: bytes, sentence: str
) -> None:
    answer = as_operator.post(
        f"/servers/{server.pk}/issue/",
        {"origin": "request", "csr_file": SimpleUploadedFile("a.csr", content), "days": "90"},
    )
    assert sentence in text(answer)
    assert not Certificate.objects.filter(server=server).exists()


@pytest.mark.parametrize("origin", ["here", "same"])
def test_renewing_keeps_the_history(
    as_operator: Client, server: Server, issued: Certificate, origin: str
) -> None:
    url = f"/servers/{server.pk}/renew/"
    assert "goes on working until it expires" in text(as_operator.get(url))
    answer = as_operator.post(
        url, {"origin": origin, "key": "ec-p256", "days": "397", "expected": issued.pk}
    )
    server.refresh_from_db()
    new = server.certificate
    assert new is not None
    assert answer.url == new.get_absolute_url()
    assert new.replaces == issued
    assert (new.public_key_sha256 == issued.public_key_sha256) is (origin == "same")
    assert issued.serial_number[:16] in text(as_operator.get(server.get_absolute_url()))
    compared = text(as_operator.get(f"{new.get_absolute_url()}compare/"))
    assert issued.sha1 in compared
    assert new.sha1 in compared


def test_the_second_of_two_people_renewing_is_told_who_was_first(
    as_operator: Client, server: Server, issued: Certificate
) -> None:
    form = {"origin": "here", "key": "ec-p256", "days": "397", "expected": str(issued.pk)}
    as_operator.post(f"/servers/{server.pk}/renew/", form)
    answer = as_operator.post(f"/servers/{server.pk}/renew/", form)
    assert "operator gave cm1.example.com a new certificate at" in text(answer)
    assert Certificate.objects.filter(server=server).count() == 2


def foreign(common_name: str, names: tuple[str, ...], profile: profiles.Profile) -> list[bytes]:
    key = keys.generate(KeySpec.parse("ec-p256"))
    root_key = keys.generate(KeySpec.parse("ec-p256"))
    root = issuing.root("Other CA", root_key, now=NOW)
    request = issuing.CertificateRequest(profile, common_name, key.public_key(), names)
    certificate = issuing.issue(issuing.prepare(request, root, now=NOW), root_key)
    return [bundles.pfx(key, certificate, [root], "geheim", friendly_name="x")]


def post_import(client: Client, server: Server, files: list[bytes]) -> object:
    uploads = [SimpleUploadedFile(f"f{n}", file) for n, file in enumerate(files)]
    return client.post(f"/servers/{server.pk}/import/", {"upload": uploads, "password": "geheim"})


def test_a_certificate_of_another_authority_is_tracked_like_our_own(
    as_operator: Client, server: Server, issued: Certificate
) -> None:
    files = foreign("cm1.example.com", ("*.example.com",), profiles.SERVER)
    answer = post_import(as_operator, server, files)
    server.refresh_from_db()
    current = server.certificate
    assert current is not None
    assert answer.url == current.get_absolute_url()  # type: ignore[attr-defined]
    assert current.replaces == issued
    page = text(as_operator.get(current.get_absolute_url()))
    assert "*.example.com is among them." in page
    assert "CN=Other CA" in page
    assert "certificate.imported" in {event.event for event in AuditEvent.objects.all()}


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (foreign("cm2.example.com", ("cm1.example.com",), profiles.SERVER), "It is cm2"),
        (foreign("cm1.example.com", ("a.example.org",), profiles.SERVER), "none of them stands"),
        (foreign("cm1.example.com", ("cm1.example.com",), profiles.WORKSTATION), "clientAuth"),
    ],
    ids=["common name", "alternative names", "usage"],
)
def test_a_certificate_that_breaks_a_rule_is_refused_with_a_verdict_a_line(
    as_operator: Client, server: Server, files: list[bytes], sentence: str
) -> None:
    answer = text(post_import(as_operator, server, files))
    assert sentence in answer
    assert answer.count("verdict-bad") == 1
    assert answer.count("verdict-good") == 2
    assert not Certificate.objects.filter(server=server).exists()


def test_viewers_read_and_change_nothing(
    as_viewer: Client, server: Server, issued: Certificate
) -> None:
    assert as_viewer.get(server.get_absolute_url()).status_code == 200
    for page in ("edit", "renew", "import"):
        assert as_viewer.get(f"/servers/{server.pk}/{page}/").status_code == 403
    assert as_viewer.post("/servers/add/", {"fqdn": "x.example.com"}).status_code == 403
    assert Server.objects.count() == 1


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    as_viewer: Client, server: Server
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        as_viewer.get("/servers/")
    for n in range(20):
        add_server(f"s{n}.example.com", actor=SYSTEM)
    with CaptureQueriesContext(connection) as many:
        as_viewer.get("/servers/")
    assert len(many) <= len(few)


def test_a_chosen_lifetime_beyond_the_root_names_the_limit(as_operator: Client, db: None) -> None:
    create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"), lifetime=timedelta(days=100))
    server = add_server("cm9.example.com", actor=SYSTEM)
    url = f"/servers/{server.pk}/issue/"
    answer = as_operator.post(url, {"origin": "here", "key": "ec-p256", "days": "200"})
    assert "99 days or fewer" in text(answer)
    as_operator.post(url, {"origin": "here", "key": "ec-p256", "days": "397"})
    server.refresh_from_db()
    assert server.certificate is not None  # the default is cut to the root's own end
