"""OCSP's messages with several questions and answers in one (RFC 6960, section 4).

`cryptography` reads and makes messages with one; these declarations let it read and write
those with more. What they do not look into stays as it came.
"""

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1


@asn1.sequence
class HashAlgorithm:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class CertID:
    hash_algorithm: HashAlgorithm
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial_number: int


@asn1.sequence
class Extension:
    oid: x509.ObjectIdentifier
    critical: Annotated[bool, asn1.Default(False)]
    value: bytes


@asn1.sequence
class Request:
    certificate: CertID
    extensions: Annotated[list[Extension] | None, asn1.Explicit(0)]


@asn1.sequence
class TBSRequest:
    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    requests: list[Request]
    extensions: Annotated[list[Extension] | None, asn1.Explicit(2)]


@asn1.sequence
class OCSPRequest:
    tbs: TBSRequest
    signature: Annotated[list[asn1.TLV] | None, asn1.Explicit(0)]


@asn1.sequence
class ResponseData:
    responder: asn1.TLV
    produced_at: asn1.GeneralizedTime
    responses: list[asn1.TLV]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Explicit(1)]


@asn1.sequence
class BasicOCSPResponse:
    data: ResponseData
    signature_algorithm: asn1.TLV
    signature: asn1.BitString
    certificates: Annotated[list[asn1.TLV] | None, asn1.Explicit(0)]


@asn1.sequence
class ResponseBytes:
    kind: x509.ObjectIdentifier
    response: bytes


@asn1.sequence
class OCSPResponse:
    status: asn1.TLV
    body: Annotated[ResponseBytes, asn1.Explicit(0)]
