"""Whatever files people have of a certificate and its key, they are put together."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs7, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from pki.x509 import bundles, issuing, keys, root_file
from pki.x509.material import Material, read_material
from tests.pki.x509.fuzzing import damage, damaged, fuzzed, only_refusals
from tests.pki.x509.refusals import refused

Ec = ec.EllipticCurvePrivateKey


@pytest.fixture(scope="module")
def files(
    rsa_key: rsa.RSAPrivateKey, server_certificate: x509.Certificate, root: x509.Certificate
) -> dict[str, bytes]:
    """The server's certificate and key in every form; the password is “secret”."""
    return {
        "cer": bundles.der(server_certificate),
        "pem": bundles.pem(server_certificate),
        "chain": bundles.chain_pem([server_certificate, root]),
        "reversed": bundles.chain_pem([root, server_certificate]),
        "p7b": pkcs7.serialize_certificates([root, server_certificate], Encoding.DER),
        "key": keys.to_der(rsa_key),
        "key pem": keys.to_pem(rsa_key),
        "key encrypted": keys.to_encrypted_der(rsa_key, b"secret"),
        "key pem encrypted": keys.to_pem(rsa_key, b"secret"),
        "pfx": bundles.pfx(rsa_key, server_certificate, [root], "secret", friendly_name="x"),
        "pfx open": bundles.pfx(rsa_key, server_certificate, [root], "", friendly_name="x"),
        "json": root_file.write(server_certificate, rsa_key),
        "json encrypted": root_file.write(server_certificate, rsa_key, "secret"),
    }


CERTIFICATES = ["cer", "pem", "chain", "reversed", "p7b"]
KEYS = ["key", "key pem", "key encrypted", "key pem encrypted"]
BOTH = ["pfx", "pfx open", "json", "json encrypted"]


@pytest.fixture
def assert_complete(rsa_key: rsa.RSAPrivateKey, server_certificate: x509.Certificate) -> Any:
    def check(found: Material) -> None:
        assert found.certificate == server_certificate
        assert found.key is not None
        assert keys.matches(found.key, rsa_key.public_key())
        assert server_certificate not in found.others

    return check


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("certificate", CERTIFICATES)
def test_two_files_in_either_order(
    certificate: str, key: str, files: dict[str, bytes], assert_complete: Any
) -> None:
    assert_complete(read_material([files[certificate], files[key]], "secret"))
    assert_complete(read_material([files[key], files[certificate]], "secret"))


@pytest.mark.parametrize("both", BOTH)
def test_one_file_with_both(both: str, files: dict[str, bytes], assert_complete: Any) -> None:
    assert_complete(read_material([files[both]], "secret"))
    if "open" in both or both == "json":
        assert_complete(read_material([files[both]]))


@pytest.mark.parametrize("key", ["key pem", "key pem encrypted"])
def test_one_pem_with_everything(
    key: str, files: dict[str, bytes], root: x509.Certificate, assert_complete: Any
) -> None:
    for data in (files["reversed"] + files[key], files[key] + files["chain"]):
        found = read_material([data.replace(b"\n", b"\r\n")], "secret")
        assert_complete(found)
        assert found.others == [root]


@pytest.mark.parametrize("certificate", CERTIFICATES)
def test_without_a_key_the_certificate_is_enough(certificate: str, files: dict[str, bytes]) -> None:
    assert read_material([files[certificate]]).key is None


def test_a_wrong_or_missing_password_is_told_for_each_kind_of_file(
    files: dict[str, bytes],
) -> None:
    cases: list[tuple[list[str], str]] = [
        (["pfx"], "pfx"),
        (["cer", "key encrypted"], "key"),
        (["cer", "key pem encrypted"], "key"),
        (["json encrypted"], "key"),
    ]
    for names, kind in cases:
        given_files = [files[name] for name in names]
        with refused(f"{kind}.wrong_password", "password", "does not open"):
            read_material(given_files, "Secret")
        with refused(f"{kind}.password_needed", "password"):
            read_material(given_files)
        with refused("password.not_text", "password"):
            read_material(given_files, "\udcff")


def test_a_key_that_belongs_to_another_certificate_is_refused(
    files: dict[str, bytes], p256_key: Ec
) -> None:
    with refused("material.key_mismatch", "files", "does not belong", "made together"):
        read_material([files["cer"], keys.to_pem(p256_key)])


def test_a_key_alone_asks_for_its_certificate(files: dict[str, bytes]) -> None:
    with refused("material.no_certificate", "files", "private key", "Add the certificate"):
        read_material([files["key"]])


def test_nothing_at_all_is_refused() -> None:
    with refused("material.no_certificate", "files", "Choose a file"):
        read_material([])


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", b"\x30\x82", b"-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n",
     b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"],
)  # fmt: skip
def test_what_is_none_of_these_is_refused(data: bytes) -> None:
    with refused("material.unrecognised", "files", "PFX", "agent_root_ca.json"):
        read_material([data])


def test_a_file_too_large_for_any_of_these_is_refused() -> None:
    with refused("material.too_large", "files", "10,485,760", "1,048,576"):
        read_material([b"\x30" * 10 * 1024 * 1024])


def test_a_chain_may_have_keys_of_other_kinds(
    rsa_key: rsa.RSAPrivateKey, server_certificate: x509.Certificate, p384_key: Ec, now: Any
) -> None:
    other = issuing.temporary_certificate("other.example.com", p384_key, now=now)
    unknown_curve = bundles.der(other).replace(
        bytes.fromhex("06052b81040022"), bytes.fromhex("06052b8104007f")
    )
    pem = bundles.pem(x509.load_der_x509_certificate(unknown_curve))
    found = read_material([pem, bundles.pem(server_certificate), keys.to_pem(rsa_key)])
    assert found.certificate == server_certificate
    assert len(found.others) == 1


def test_a_pfx_without_a_key_gives_its_certificates(root: x509.Certificate) -> None:
    data = pkcs12.serialize_key_and_certificates(None, None, None, [root], NoEncryption())
    assert read_material([data]).certificate == root


def test_keys_of_other_kinds_are_refused(files: dict[str, bytes]) -> None:
    other = ec.generate_private_key(ec.SECP521R1())
    data = keys.to_der(other)
    with refused("key.unsupported", "key", "P-384"):
        read_material([files["cer"], data])


@fuzzed
@given(data=st.binary(max_size=300), prefix=st.sampled_from([b"", b"{", b"-----BEGIN ", b"\x30"]))
def test_random_bytes_are_refused_and_nothing_worse(data: bytes, prefix: bytes) -> None:
    with only_refusals():
        read_material([prefix + data], "secret")


@fuzzed
@given(
    changes=damage(),
    which=st.sampled_from(
        ["cer", "pem", "chain", "p7b", "key pem", "key pem encrypted", "pfx open", "json"]
    ),
    with_key=st.booleans(),
)
def test_a_damaged_file_is_refused_and_nothing_worse(
    changes: list[tuple[str, int, bytes]],
    which: str,
    with_key: bool,
    files: dict[str, bytes],
    p256_key: Ec,
) -> None:
    given_files = [damaged(files[which], changes)]
    if with_key:
        given_files.append(keys.to_der(p256_key))
    with only_refusals():
        read_material(given_files, "secret")
