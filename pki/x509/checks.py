"""Whether a certificate from elsewhere can do what it is wanted for, rule by rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.errors import InvalidInput
from pki.x509 import facts, keys, names
from pki.x509.foreign_keys import foreign_key
from pki.x509.profiles import ROOT
from pki.x509.reading import reading


@dataclass(frozen=True)
class Verdict:
    """One rule and whether it is met; ``detail`` says why in a sentence."""

    rule: str
    ok: bool
    detail: str


def unreadable() -> InvalidInput:
    return refusal(
        "The extensions of this root certificate cannot be read: one is damaged, or there twice. "
        "Clients would refuse it. Create a new root instead.",
        "unreadable",
    )


@reading(unreadable)
def check_authority(certificate: x509.Certificate, *, now: datetime) -> None:
    """Raises InvalidInput on ``files`` unless it is a root that can sign now.

    Codes: ``authority.not_a_ca``, ``authority.cannot_sign``, ``authority.not_a_root``,
    ``authority.expired``, ``authority.not_yet_valid``, ``authority.unreadable``, ``key.…``.
    """
    # Whether or not one is wanted here: clients read them all.
    list(certificate.extensions)
    basic = facts.extension(certificate, x509.BasicConstraints)
    if basic is None or not basic.ca:
        raise refusal(
            f"“{facts.subject(certificate)}” is not an authority's certificate: it may not sign "
            "others (no CA:TRUE). Choose the root certificate, whose name is usually CM Agent CA.",
            "not_a_ca",
        )
    usage = facts.extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise refusal(
            f"“{facts.subject(certificate)}” may not sign certificates by its key usage. Choose a "
            "root certificate that may.",
            "cannot_sign",
        )
    # Before the signature, which clients and this library verify by different rules.
    key = foreign_key(certificate, field="files")
    if not signed_by(certificate, certificate):
        raise refusal(
            f"“{facts.subject(certificate)}” is issued by “{facts.issuer(certificate)}” and so is "
            "not a root. Choose a self-signed root certificate.",
            "not_a_root",
        )
    check_dates(certificate, now)
    try:
        ROOT.check_key(keys.spec_of(key))
    except InvalidInput as error:
        raise InvalidInput(error.message, code=error.code, field="files") from None


def check_dates(certificate: x509.Certificate, now: datetime) -> None:
    if certificate.not_valid_after_utc <= now:
        raise refusal(
            f"This root expired on {certificate.not_valid_after_utc:%Y-%m-%d}, so nothing it "
            "signs would be accepted. Create a new root instead.",
            "expired",
        )
    if certificate.not_valid_before_utc > now:
        raise refusal(
            f"This root is valid only from {certificate.not_valid_before_utc:%Y-%m-%d}. Check "
            "this computer's clock, or wait until then.",
            "not_yet_valid",
        )


def server_verdicts(certificate: x509.Certificate, fqdn: str) -> list[Verdict]:
    """The three rules that make a certificate one for the agent site of ``fqdn``."""
    return [common_name_verdict(certificate, fqdn), names_verdict(certificate, fqdn),
            usage_verdict(certificate)]  # fmt: skip


def common_name_verdict(certificate: x509.Certificate, fqdn: str) -> Verdict:
    common_name = facts.common_name(certificate)
    ok = common_name.lower() == fqdn
    if ok:
        detail = f"It is {common_name}."
    elif common_name:
        detail = f"It is {common_name}, and {fqdn} is needed."
    else:
        detail = f"There is none, and {fqdn} is needed."
    return Verdict("The common name is the server's FQDN", ok, detail)


def names_verdict(certificate: x509.Certificate, fqdn: str) -> Verdict:
    value = facts.extension(certificate, x509.SubjectAlternativeName)
    found = value.get_values_for_type(x509.DNSName) if value else []
    covering = [name for name in found if names.covers(name, fqdn)]
    if covering:
        detail = f"{names.printable(covering[0])} is among them."
    elif found:
        shown = names.printable(", ".join(found[:5]))
        detail = f"They are {shown}; none of them stands for {fqdn}."
    else:
        detail = f"There are none, and {fqdn} is needed; clients no longer read the common name."
    return Verdict(
        "The alternative names have the DNS name or a matching wildcard", bool(covering), detail
    )


def usage_verdict(certificate: x509.Certificate) -> Verdict:
    value = facts.extension(certificate, x509.ExtendedKeyUsage)
    ok = value is not None and ExtendedKeyUsageOID.SERVER_AUTH in value
    if ok:
        detail = "It may be used as a TLS server."
    elif value is None:
        detail = "There is no extended key usage; serverAuth is needed."
    else:
        found = ", ".join(facts.extended_key_usages(certificate))
        detail = f"It is for {found}; serverAuth is needed."
    return Verdict("The extended key usage has serverAuth", ok, detail)


def signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether names and signature say that ``issuer`` issued it (dates are not looked at)."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:
        return False
    return True


def check_serves(
    certificate: x509.Certificate,
    public_key: keys.PublicKey,
    roots: Sequence[x509.Certificate],
    *,
    host: str,
    now: datetime | None,
) -> None:
    """Whether clients that trust only ``roots`` accept ``host`` with it and the key of it.

    Without ``now`` its dates are not looked at. Raises InvalidInput ``host.chain``,
    ``host.names``, ``host.purpose``, ``host.key`` or ``host.dates``.
    """
    names_found, usage = names_verdict(certificate, host), usage_verdict(certificate)
    reasons = {
        "chain": ""
        if any(signed_by(certificate, root) for root in roots)
        else "None of the current roots issued it, and agents trust only those.",
        "names": "" if names_found.ok else names_found.detail,
        "purpose": "" if usage.ok else usage.detail,
        "key": ""
        if keys.public_key_sha256(public_key) == facts.public_key_sha256(certificate)
        else "The private key does not belong to it.",
        "dates": "" if now is None else outside_dates(certificate, now),
    }
    for code, reason in reasons.items():
        if reason:
            raise InvalidInput(
                f"The certificate {facts.serial_hex(certificate)} would not serve the dashboard "
                f"and the agent site. {reason}",
                code=f"host.{code}",
            )


def outside_dates(certificate: x509.Certificate, now: datetime) -> str:
    if now < certificate.not_valid_before_utc:
        return f"It is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC."
    if now >= certificate.not_valid_after_utc:
        return f"It expired on {certificate.not_valid_after_utc:%Y-%m-%d}."
    return ""


def refusal(message: str, code: str) -> InvalidInput:
    return InvalidInput(message, code=f"authority.{code}", field="files")
