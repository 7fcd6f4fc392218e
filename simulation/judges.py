"""OpenSSL as the judge, under the same clock: chains, revocation lists, OCSP."""

import re
import subprocess
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from ssl import create_default_context
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

#: What `openssl verify` says of a certificate, and of which one.
REFUSED = re.compile(r"depth lookup: (.+)\nerror (.+): verification failed")


def openssl(*arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@dataclass
class Judges:
    directory: Path
    public: str
    dashboard: str
    #: Judgements that were given.
    given: int = 0
    #: The end of the last list of each authority.
    _good_until: dict[str, datetime] = field(default_factory=dict)

    def fetch_lists(self, authorities: Sequence[Mapping[str, Any]]) -> list[str]:
        """Over plain HTTP, as a client does, into `lists.pem`; what is wrong with them."""
        wrong, now, pems = [], datetime.now(UTC), []
        for each in authorities:
            name, root = each["id"], self.root_file(each)
            der = self.directory / f"{name}.crl"
            try:
                with urllib.request.urlopen(f"{self.public}/pki/{name}.crl", timeout=30) as answer:
                    der.write_bytes(answer.read())
            except OSError as error:
                wrong.append(f"The revocation list cannot be fetched: {error}.")
                continue
            pem = self.directory / f"{name}.crl.pem"
            code, said = openssl("crl", "-inform", "DER", "-in", der, "-CAfile", root, "-out", pem)
            self.given += 1
            if code or "verify OK" not in said:
                wrong.append(f"openssl does not accept the revocation list: {said.strip()}")
                continue
            pems.append(pem.read_text())
            listed = x509.load_der_x509_crl(der.read_bytes())
            until = listed.next_update_utc
            if until is None or until <= now:
                wrong.append(f"The revocation list is stale: it was good until {until}.")
                continue
            self._good_until[name] = until
        (self.directory / "lists.pem").write_text("".join(pems))
        return wrong

    def kept_lists_are_good(self) -> list[str]:
        """For those who fetched them at the last step and go on with them."""
        now = datetime.now(UTC)
        return [
            f"The revocation list of the last step was good until {until:%Y-%m-%d %H:%M} only."
            for until in self._good_until.values()
            if until <= now
        ]

    def root_file(self, authority: Mapping[str, Any]) -> Path:
        path = self.directory / f"{authority['sha256']}.root.pem"
        if not path.exists():
            path.write_text(authority["pem"])
        return path

    def kept(self, sha256: str, pem: str) -> Path:
        path = self.directory / f"{sha256}.pem"
        if not path.exists():
            path.write_text(pem)
        return path

    def chains(self, files: Iterable[Path], roots: bytes, purpose: str) -> list[str]:
        """Each by what is sent along with it and nothing else, its own revocation looked up in
        the lists that were fetched.
        """
        alike: dict[str, list[Path]] = {}
        for path in files:
            alike.setdefault(sent_with(path.read_bytes()), []).append(path)
        return [
            sentence
            for others, paths in alike.items()
            for sentence in self.chains_alike(paths, roots, purpose, others)
        ]

    def chains_alike(
        self, files: Sequence[Path], roots: bytes, purpose: str, untrusted: str
    ) -> list[str]:
        trusted, between = self.directory / "trusted.pem", self.directory / "between.pem"
        trusted.write_bytes(roots)
        between.write_text(untrusted)
        lists = self.directory / "lists.pem"
        # A revocation list is looked up among the trusted certificates.
        code, said = openssl(
            *("verify", "-x509_strict", "-purpose", purpose, "-crl_check", "-CRLfile", lists),
            *("-CAfile", trusted, *(("-untrusted", between) if untrusted else ()), *files),
        )
        self.given += len(files)
        good = set(re.findall(r"^(.+): OK$", said, re.MULTILINE))
        if code == 0 and len(good) == len(files):
            return []
        why = {path: reason for reason, path in REFUSED.findall(said)}
        return [
            f"openssl does not accept {path.parent.name}/{path.name}: "
            f"{why.get(str(path)) or tail(said)}."
            for path in files
            if str(path) not in good
        ]

    def ocsp(self, authority: Mapping[str, Any], expected: Mapping[Path, str]) -> list[str]:
        """Ask about all of them in one request; ``expected`` is good or revoked."""
        if not expected:
            return []
        root = self.root_file(authority)
        asked: list[str | Path] = []
        for path in expected:
            asked += ["-cert", path]
        code, said = openssl(
            *("ocsp", "-issuer", root, "-CAfile", root, "-url", f"{self.public}/ocsp/"),
            *("-no_nonce", *asked),
        )
        self.given += len(expected)
        if code or "Response verify OK" not in said or "Status times invalid" in said:
            return [f"openssl does not accept the OCSP answer: {tail(said)}"]
        found = dict(re.findall(r"^(.+\.pem): (\w+)$", said, re.MULTILINE))
        return [
            f"OCSP says {found.get(str(path))} of {path.name}, which is {status}."
            for path, status in expected.items()
            if found.get(str(path)) != status
        ]

    def ready(self, roots: bytes) -> list[str]:
        """The dashboard answers by a TLS certificate that is good now, and its clock ticks."""
        context = create_default_context(cadata=roots.decode())
        try:
            with urllib.request.urlopen(
                f"{self.dashboard}/readyz", context=context, timeout=30
            ) as answer:
                text = answer.read().decode()
        except OSError as error:
            return [f"The dashboard does not answer: {error}"]
        self.given += 1
        return [] if text == "ready\n" else [f"The dashboard is not ready: {text.strip()}"]


def tail(said: str) -> str:
    return " ".join(said.split())[-400:]


@lru_cache(10_000)
def sent_with(content: bytes) -> str:
    """Everything in a file after its first certificate, PEM: what goes out along with it."""
    _, *others = x509.load_pem_x509_certificates(content)
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in others)


def issued_by(path: Path, authorities: Iterable[Mapping[str, Any]]) -> str | None:
    """The identifier of the authority that signed it."""
    roots = tuple((str(each["id"]), str(each["pem"])) for each in authorities)
    return signer(path.read_bytes(), roots)


@lru_cache(10_000)
def signer(content: bytes, roots: tuple[tuple[str, str], ...]) -> str | None:
    certificate = x509.load_pem_x509_certificate(content)
    for name, pem in roots:
        try:
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(pem.encode()))
        except Exception:
            continue
        return name
    return None
