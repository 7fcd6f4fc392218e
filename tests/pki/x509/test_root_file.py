"""agent_root_ca.json is written in one form and read in many."""

import base64
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidInput
from pki.x509 import bundles, issuing, keys, root_file
from tests.pki.x509.fuzzing import damage, damaged, fuzzed, only_refusals
from tests.pki.x509.refusals import refused

Ec = ec.EllipticCurvePrivateKey


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def document(content: Any) -> bytes:
    return json.dumps(content).encode()


@pytest.fixture(scope="module")
def cer(root: x509.Certificate) -> str:
    return b64(bundles.der(root))


@pytest.fixture(scope="module")
def key(p384_key: Ec) -> str:
    return b64(keys.to_der(p384_key))


@pytest.fixture(scope="module")
def pfx(p384_key: Ec, root: x509.Certificate) -> str:
    return b64(bundles.pfx(p384_key, root, [], "secret", friendly_name="root"))


@pytest.fixture
def assert_is_root(root: x509.Certificate, p384_key: Ec) -> Any:
    def check(data: bytes, password: str = "") -> None:
        found = root_file.read(data, password)
        assert found.certificate == root
        assert keys.matches(found.key, p384_key.public_key())

    return check


@pytest.mark.parametrize("fixture", ["rsa_key", "p256_key", "p384_key"])
@pytest.mark.parametrize("password", ["", "Пароль"])
def test_what_we_write_we_read(
    fixture: str, password: str, request: pytest.FixtureRequest, now: Any
) -> None:
    made: keys.PrivateKey = request.getfixturevalue(fixture)
    root = issuing.root("CM Agent CA", made, now=now)
    found = root_file.read(root_file.write(root, made, password), password)
    assert found.certificate == root
    assert keys.matches(found.key, made.public_key())


def test_what_we_write_has_the_published_fields(root: x509.Certificate, p384_key: Ec) -> None:
    data = root_file.write(root, p384_key)
    assert data.endswith(b"}\n")
    assert root_file.looks_like(data)
    content = json.loads(data)
    assert content["version"] == 1
    assert base64.b64decode(content["certificate"]) == bundles.der(root)
    assert base64.b64decode(content["privateKey"]) == keys.to_der(p384_key)
    assert content["keyAlgorithm"] == "EC P-384"
    assert len(content["thumbprint"]) == 40
    assert content["thumbprint"] == content["thumbprint"].upper()
    assert len(content["sha256"]) == 64
    assert "encryptedPrivateKey" not in content


def test_with_a_password_no_plain_key_is_in_it(
    root: x509.Certificate, p384_key: Ec, assert_is_root: Any
) -> None:
    data = root_file.write(root, p384_key, "secret")
    content = json.loads(data)
    assert "privateKey" not in content
    with refused("key.password_needed", "password"):
        root_file.read(data)
    with refused("key.wrong_password", "password"):
        root_file.read(data, "Secret")
    assert_is_root(data, "secret")


def test_a_password_that_is_too_long_or_no_text_is_refused(
    root: x509.Certificate, p384_key: Ec, cer: str, key: str, pfx: str
) -> None:
    with refused("password.too_long", "password", "128"):
        root_file.write(root, p384_key, "a" * 129)
    for content in ({"pfx": pfx}, {"cert": cer, "key": key}):
        with refused("password.not_text", "password"):
            root_file.read(document(content), "\ud800")
    with refused("root_file.not_json", "files", "surrogate"):
        root_file.read(document({"cert": cer, "key": key, "password": "\ud800"}))


@pytest.mark.parametrize(
    ("certificate_name", "key_name"),
    [
        ("Certificate", "PrivateKey"),
        ("CERTIFICATE", "PRIVATEKEY"),
        ("certificate", "private_key"),
        ("Cert", "Key"),
        ("cert-pem", "key-pem"),
        ("root certificate", "root private key"),
        ("caCertificate", "caKey"),
        ("crt", "pkcs8"),
        ("rawData", "privateKey"),
    ],
)
def test_other_spellings_and_synonyms_are_accepted(
    certificate_name: str, key_name: str, cer: str, key: str, assert_is_root: Any
) -> None:
    assert_is_root(document({certificate_name: cer, key_name: key, "Version": 7}))


def test_pem_is_accepted_in_place_of_base64(
    root: x509.Certificate, p384_key: Ec, assert_is_root: Any
) -> None:
    pem, key_pem = bundles.pem(root).decode(), keys.to_pem(p384_key).decode()
    assert_is_root(document({"certificate": pem, "privateKey": key_pem}))
    assert_is_root(document({"certificate": pem.replace("\n", "\r\n"), "privateKey": key_pem}))
    escaped = pem.replace("\n", "\\n")
    assert_is_root(document({"certificate": escaped, "key": key_pem.replace("\n", "\\n")}))
    encrypted = keys.to_pem(p384_key, b"secret").decode()
    assert_is_root(document({"certificate": pem, "privateKey": encrypted}), "secret")
    assert_is_root(document({"certificate": pem, "privateKey": encrypted, "pwd": "secret"}))


def test_certificate_and_key_may_be_in_one_pem(
    root: x509.Certificate, p384_key: Ec, assert_is_root: Any
) -> None:
    pem, key_pem = bundles.pem(root).decode(), keys.to_pem(p384_key).decode()
    assert_is_root(document({"certificate": pem + key_pem}))
    assert_is_root(document({"certificate": key_pem + pem}))


def test_base64_may_be_broken_into_lines_or_of_the_url_alphabet(
    cer: str, key: str, assert_is_root: Any
) -> None:
    lines = "\r\n".join(cer[at : at + 64] for at in range(0, len(cer), 64))
    url = key.replace("+", "-").replace("/", "_").rstrip("=")
    assert_is_root(document({"certificate": lines, "privateKey": url}))


def test_a_byte_order_mark_and_white_space_do_no_harm(
    cer: str, key: str, assert_is_root: Any
) -> None:
    data = b"\xef\xbb\xbf\r\n " + document({"certificate": cer, "privateKey": key})
    assert root_file.looks_like(data)
    assert_is_root(data)


def test_the_parts_may_be_nested(cer: str, key: str, assert_is_root: Any) -> None:
    assert_is_root(document({"rootCa": {"certificate": cer, "keys": {"privateKey": key}}}))
    assert_is_root(document({"root": {"Certificate": cer}, "PrivateKey": key}))


def test_a_pfx_inside_is_accepted(pfx: str, assert_is_root: Any) -> None:
    assert_is_root(document({"pfx": pfx}), "secret")
    assert_is_root(document({"Pfx": pfx, "Password": "secret"}))
    assert_is_root(document({"data": {"pkcs12": pfx, "pfxPassword": "secret"}}))
    with refused("pfx.password_needed", "password"):
        root_file.read(document({"pfx": pfx}))
    with refused("pfx.wrong_password", "password"):
        root_file.read(document({"pfx": pfx}), "Secret")


def test_a_pfx_without_the_key_is_incomplete(root: x509.Certificate) -> None:
    public = pkcs12.serialize_key_and_certificates(None, None, None, [root], NoEncryption())
    with refused("root_file.incomplete", "files", "privateKey", "Found in it: pfx"):
        root_file.read(document({"pfx": b64(public)}))


def test_what_is_missing_and_what_was_found_is_named(cer: str, key: str) -> None:
    with refused("root_file.incomplete", "files", "no privateKey", "certificate, comment"):
        root_file.read(document({"certificate": cer, "comment": "x"}))
    with refused("root_file.incomplete", "files", "no certificate.", "Found in it: privatekey"):
        root_file.read(document({"privateKey": key}))
    for empty in ({}, [], 5, None, "text", {"certificate": 5}, {"certificate": " "}):
        with refused("root_file.incomplete", "files", "certificate and privateKey", "no text"):
            root_file.read(document(empty))


def test_a_message_does_not_repeat_what_may_be_secret(key: str) -> None:
    secret = "hunter2hunter2"
    with pytest.raises(InvalidInput) as refusal:
        root_file.read(document({"privateKey": key, "password": secret, "note": secret}))
    assert secret not in str(refusal.value)
    assert key[:30] not in str(refusal.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe{", b"[" * 100_000, b"9" * 10_000, b"pfx"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with refused("root_file.not_json", "files", "agent_root_ca.json"):
        root_file.read(data)


def test_content_that_is_neither_base64_nor_pem_is_named(cer: str, key: str) -> None:
    with refused("root_file.unreadable", "files", "“certificate”", "cut off"):
        root_file.read(document({"certificate": "!" + cer, "privateKey": key}))
    with refused("root_file.unreadable", "files", "“privateKey”"):
        root_file.read(document({"certificate": cer, "privateKey": "ключ"}))
    with refused("root_file.unreadable", "files", "“pfx”"):
        root_file.read(document({"pfx": "?"}))


def test_a_part_that_was_cut_off_is_refused(cer: str, key: str) -> None:
    with refused("certificate.unreadable", "certificate"):
        root_file.read(document({"certificate": cer[:400], "privateKey": key}))
    with refused("key.unreadable", "key"):
        root_file.read(document({"certificate": cer, "privateKey": key[:60]}))


text_values = st.one_of(
    st.text(max_size=30), st.none(), st.integers(), st.just("-----BEGIN \ud800"), st.just("AAAA")
)
field_names = st.sampled_from(["certificate", "privateKey", "pfx", "password", "Key", "", "nested"])


@fuzzed
@given(st.recursive(text_values, lambda inner: st.dictionaries(field_names, inner, max_size=4)))
def test_any_json_is_refused_and_nothing_worse(content: Any) -> None:
    with only_refusals():
        root_file.read(document(content))


@fuzzed
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_nothing_worse(data: bytes) -> None:
    with only_refusals():
        root_file.read(data)
    with only_refusals():
        root_file.read(b'{"pfx": "' + data + b'"}')


@fuzzed
@given(changes=damage())
def test_a_damaged_root_file_is_refused_and_nothing_worse(
    changes: list[tuple[str, int, bytes]], root: x509.Certificate, p384_key: Ec
) -> None:
    with only_refusals():
        root_file.read(damaged(root_file.write(root, p384_key), changes))


@fuzzed
@given(changes=damage(), which=st.sampled_from(["certificate", "privateKey"]))
def test_damage_inside_a_part_is_refused_and_nothing_worse(
    changes: list[tuple[str, int, bytes]], which: str, root: x509.Certificate, p384_key: Ec
) -> None:
    content = json.loads(root_file.write(root, p384_key))
    content[which] = b64(damaged(base64.b64decode(content[which]), changes))
    with only_refusals():
        root_file.read(document(content))
