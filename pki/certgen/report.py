"""What is said when the work is done."""

from pathlib import Path

from cryptography import x509

from pki.certgen.making import Made
from pki.certgen.passwords import Passwords
from pki.x509 import facts, names


def report(made: Made, paths: list[Path], passwords: Passwords) -> str:
    lines = ["Made:"]
    lines += [f"  {path}" for path in paths]
    lines += ["", *described("Root", made.root.certificate)]
    if made.server is not None:
        lines += ["", *described("Server", made.server.certificate)]
        covered = ", ".join(facts.alternative_names(made.server.certificate))
        lines.append(f"  names     {covered}")
    lines += ["", *next_steps(made, passwords)]
    return "\n".join(lines)


def described(kind: str, certificate: x509.Certificate) -> list[str]:
    # A root from elsewhere may be called anything, a terminal's control codes included.
    name = names.printable(facts.common_name(certificate) or facts.subject(certificate))
    return [
        f"{kind}: {name}",
        f"  valid     {certificate.not_valid_before_utc:%Y-%m-%d} to "
        f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        f"  SHA-1     {facts.sha1(certificate).upper()}",
        f"  SHA-256   {facts.sha256(certificate).upper()}",
    ]


def next_steps(made: Made, passwords: Passwords) -> list[str]:
    lines = ["Next:"]
    if "agent_root_ca.json" in made.files:
        holder = "one of them and the password" if passwords.root else "one of them"
        lines += [
            "  Keep agent_root_ca.json and agent_root_ca.key offline: whoever has "
            f"{holder} can sign anything.",
            "  Trust agent_root_ca.cer on servers and workstations.",
            "  For another server: certgen --rootKey agent_root_ca.json --ssl --sn NAME"
            + (" --root-pwd-stdin" if passwords.root else ""),
        ]
    if made.server is not None:
        protection = (
            "it asks for the password you gave"
            if passwords.pfx
            else "its password is empty, so whoever has the file has the key"
        )
        lines.append(
            f"  On the server, import agent_ssl_cert.pfx ({protection}), and bind port 3003 to it."
        )
    return lines
