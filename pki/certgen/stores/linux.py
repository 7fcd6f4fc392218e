"""The trust stores of Debian and of Red Hat, which every program on them reads."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from pki.certgen.stores.step import Step
from pki.errors import Unavailable
from pki.x509 import bundles, facts


@dataclass(frozen=True)
class TrustStore:
    #: Where people put the anchors they add.
    anchors: Path
    #: What makes the system read them.
    update: tuple[str, ...]


DEBIAN = TrustStore(Path("/usr/local/share/ca-certificates"), ("update-ca-certificates",))
RED_HAT = TrustStore(Path("/etc/pki/ca-trust/source/anchors"), ("update-ca-trust", "extract"))


def steps(root: x509.Certificate, stores: tuple[TrustStore, ...] = (RED_HAT, DEBIAN)) -> list[Step]:
    """Raises Unavailable ``stores.unknown`` where there is none of the known directories."""
    for store in stores:
        if store.anchors.is_dir():
            return [anchor(root, store), Step(store.update, shlex.join(store.update))]
    raise Unavailable(
        "The files are made, but this system's trust store is not known here, so the root was "
        "not put into it. Add the root's certificate by hand.",
        code="stores.unknown",
    )


def anchor(root: x509.Certificate, store: TrustStore) -> Step:
    """Under a name of its own, so that a second root does not take away the first one's trust."""
    target = store.anchors / f"certiflow-{facts.sha256(root)[:12]}.crt"
    command = ("install", "-m", "644", "/dev/stdin", str(target))
    pem = bundles.pem(root)
    return Step(command, f"{shlex.join(command)} <<'END'\n{pem.decode()}END", stdin=pem)
