"""No request, certificate, bundle or key file brings anything down: each is refused in words."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import CertiflowError, InvalidInput
from pki.models import Certificate, Server
from pki.x509 import bundles, checks, facts, issuing, keys, requests, root_file
from pki.x509.material import read_material
from pki.x509.name_constraints import constraints_of
from pki.x509.profiles import SERVER
from pki.x509.reading import reading
from tests.pki.actions import made_elsewhere
from tests.pki.conftest import Signed
from tests.pki.x509.fuzzing import damage, damaged, fuzzed, only_refusals

KEY = made_elsewhere.new_key()
SIGNER = ed25519.Ed25519PrivateKey.generate()
ROOT = made_elsewhere.root("cm1.example.com", key=KEY)
NOW = datetime.now(UTC)
KINDS = [
    oid for name, oid in vars(ExtensionOID).items()
    if isinstance(oid, x509.ObjectIdentifier) and not name.startswith("_")
]  # fmt: skip
#: A sequence with subtrees whose contents are no names: TypeError in the library.
MALFORMED_CONSTRAINTS = bytes.fromhex("3006a00430028700")


def csr_with(*extensions: x509.ExtensionType) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(made_elsewhere.name("pc-1"))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(SIGNER, None).public_bytes(Encoding.DER)


def csr_with_repeated_extension() -> bytes:
    """Two extensions of which the second is renamed to the first, signed again."""
    one, two = (x509.ObjectIdentifier(f"1.2.3.4.{n}") for n in (5, 6))
    der = csr_with(
        x509.UnrecognizedExtension(one, b"\5\0"), x509.UnrecognizedExtension(two, b"\5\0")
    )
    body = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    changed = body.replace(bytes.fromhex("06042a030406"), bytes.fromhex("06042a030405"))
    assert changed != body
    return der.replace(body, changed)[:-64] + SIGNER.sign(changed)


def certificate_with(*extensions: x509.ExtensionType) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(made_elsewhere.name("cm1.example.com"))
        .issuer_name(made_elsewhere.name("cm1.example.com"))
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=300))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(KEY, hashes.SHA256())


def root_with_malformed_constraints(content: bytes = MALFORMED_CONSTRAINTS) -> x509.Certificate:
    return certificate_with(
        x509.BasicConstraints(True, None),
        x509.UnrecognizedExtension(ExtensionOID.NAME_CONSTRAINTS, content),
    )


# --- the doors -------------------------------------------------------------------------


def test_a_request_with_a_repeated_extension_is_refused_on_its_page(
    as_operator: Signed, server: Server
) -> None:
    upload = SimpleUploadedFile("cm1.csr", csr_with_repeated_extension())
    answer = as_operator.post(
        f"/servers/{server.pk}/issue/", {"origin": "request", "csr_file": upload, "days": 100}
    )
    assert answer.status_code == 200
    assert "one is damaged, or there twice" in answer.content.decode()
    assert not Certificate.objects.filter(server=server).exists()


def test_a_root_with_malformed_name_constraints_is_refused_on_its_page(
    confirmed: Signed,
) -> None:
    files = [
        SimpleUploadedFile("root.cer", bundles.der(root_with_malformed_constraints())),
        SimpleUploadedFile("root.key", keys.to_pem(KEY)),
    ]
    answer = confirmed.post("/setup/root/import/", {"upload": files, "password": ""})
    assert answer.status_code == 200
    assert "cannot be read" in answer.content.decode()


def test_a_server_certificate_with_malformed_name_constraints_is_answered(
    as_operator: Signed, server: Server
) -> None:
    upload = SimpleUploadedFile("cm1.cer", bundles.der(root_with_malformed_constraints()))
    answer = as_operator.post(f"/servers/{server.pk}/import/", {"upload": upload})
    assert answer.status_code == 200


def test_nothing_is_signed_under_a_root_whose_constraints_cannot_be_read() -> None:
    request = issuing.CertificateRequest(
        SERVER, "cm1.example.com", made_elsewhere.new_key().public_key(), ("cm1.example.com",)
    )
    with pytest.raises(CertiflowError) as refusal:
        issuing.prepare(request, root_with_malformed_constraints(), now=NOW)
    assert refusal.value.code == "authority.constraints"


# --- every entrance, with everything that the library may do ------------------------------


class PanicException(BaseException):
    """As Rust's panics reach Python: no Exception."""


@pytest.mark.parametrize(
    "error", [x509.DuplicateExtension("", KINDS[0]), TypeError(), OverflowError(),
              AttributeError(), RecursionError(), PanicException()]
)  # fmt: skip
def test_whatever_the_library_raises_is_a_refusal(error: BaseException) -> None:
    def refusal() -> InvalidInput:
        return InvalidInput("It cannot be read.", code="x.unreadable")

    with pytest.raises(InvalidInput), reading(refusal):
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), GeneratorExit()])
def test_the_end_of_the_process_is_none(error: BaseException) -> None:
    with pytest.raises(type(error)), reading(lambda: InvalidInput("", code="x")):
        raise error


def every_use(certificate: x509.Certificate) -> None:
    """What is done with a certificate from outside after it was read."""
    facts.describe(certificate)
    checks.server_verdicts(certificate, "cm1.example.com")
    checks.signed_by(certificate, ROOT)
    with contextlib.suppress(CertiflowError):
        checks.check_authority(certificate, now=NOW)
    with contextlib.suppress(CertiflowError):
        constraints_of(certificate)


kinds = st.sampled_from(KINDS)
#: A valid extension's content, damaged, or anything.
contents = st.one_of(
    st.binary(max_size=40),
    st.tuples(
        st.sampled_from(
            [
                x509.NameConstraints([x509.DNSName("example.com")], None),
                x509.SubjectAlternativeName([x509.DNSName("a.example.com")]),
                x509.BasicConstraints(True, 3),
                x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]),
                x509.CRLDistributionPoints(
                    [x509.DistributionPoint([x509.DNSName("x")], None, None, None)]
                ),
            ]
        ),
        damage(),
    ).map(lambda pair: damaged(pair[0].public_bytes(), pair[1])),
)


@fuzzed
@given(kinds, contents)
def test_a_request_with_any_extension_is_read_or_refused(
    kind: x509.ObjectIdentifier, content: bytes
) -> None:
    der = csr_with(x509.UnrecognizedExtension(kind, content))
    with only_refusals():
        requests.parse(der)


@fuzzed
@given(kinds, contents)
def test_a_certificate_with_any_extension_is_read_or_refused_and_usable(
    kind: x509.ObjectIdentifier, content: bytes
) -> None:
    certificate = certificate_with(x509.UnrecognizedExtension(kind, content))
    with only_refusals():
        every_use(read_material([bundles.der(certificate)]).certificate)


def pfx() -> bytes:
    return bundles.pfx(KEY, ROOT, [], "", friendly_name="x")


ENTRANCES: dict[str, tuple[Callable[[], bytes], Callable[[bytes], object]]] = {
    "request": (lambda: made_elsewhere.csr(key=KEY), requests.parse),
    "certificate": (lambda: bundles.der(ROOT), bundles.load_certificates),
    "PEM": (lambda: bundles.pem(ROOT), bundles.load_certificates),
    "key": (lambda: keys.to_der(KEY), keys.load),
    "PKCS#12": (pfx, lambda data: bundles.open_pfx(data, "")),
    "root file": (lambda: root_file.write(ROOT, KEY), root_file.read),
    "files": (lambda: bundles.pem(ROOT) + keys.to_pem(KEY), lambda data: read_material([data])),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@fuzzed
@given(changes=damage())
def test_damaged_bytes_are_read_or_refused(
    entrance: str, changes: list[tuple[str, int, bytes]]
) -> None:
    made, read = ENTRANCES[entrance]
    # Whether it opens within its limits is tried in a process of its own: not 250 times here.
    with mock.patch.object(bundles, "refuse_costly"), only_refusals():
        read(damaged(made(), changes))


@fuzzed
@given(st.binary(max_size=300))
def test_anything_is_refused_as_a_file(data: bytes) -> None:
    with mock.patch.object(bundles, "refuse_costly"), only_refusals():
        read_material([data])


def test_a_curve_that_is_not_offered_is_refused_in_a_chain_as_well() -> None:
    other = made_elsewhere.root(key=ec.generate_private_key(ec.SECP521R1()))
    assert read_material([bundles.pem(ROOT) + bundles.pem(other)]).others == [other]
