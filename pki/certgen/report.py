"""What is said when the work is done."""

from pathlib import Path

from cryptography import x509

from pki.certgen.making import Made
from pki.x509 import facts


def report(made: Made, paths: list[Path], *, password_given: bool) -> str:
    lines = ["Made:"]
    lines += [f"  {path}" for path in paths]
    lines += ["", *described("Root", made.root.certificate)]
    if made.server is not None:
        lines += ["", *described("Server", made.server.certificate)]
        names = ", ".join(facts.alternative_names(made.server.certificate))
        lines.append(f"  names     {names}")
    lines += ["", *next_steps(made, password_given=password_given)]
    return "\n".join(lines)


def described(kind: str, certificate: x509.Certificate) -> list[str]:
    return [
        f"{kind}: {facts.common_name(certificate)}",
        f"  valid     {certificate.not_valid_before_utc:%Y-%m-%d} to "
        f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        f"  SHA-1     {facts.sha1(certificate).upper()}",
        f"  SHA-256   {facts.sha256(certificate).upper()}",
    ]


def next_steps(made: Made, *, password_given: bool) -> list[str]:
    lines = ["Next:"]
    if "agent_root_ca.json" in made.files:
        lines.append(
            "  Keep agent_root_ca.json and agent_root_ca.key offline: whoever has one of them "
            "can sign anything."
        )
        lines.append("  Trust agent_root_ca.cer on servers and workstations.")
    if made.server is not None:
        protection = "with its password" if password_given else "which has no password"
        lines.append(
            f"  On the server, import agent_ssl_cert.pfx ({protection}), and bind port 3003 to it."
        )
    return lines
