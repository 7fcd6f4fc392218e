"""Looking at what a TLS server answers with. Believes nothing and sends nothing but a handshake."""

import socket
import ssl
from dataclasses import dataclass

from pki import outgoing
from pki.outgoing import Policy, Refused

#: Seconds for finding the name, connecting and the handshake each.
TIMEOUT = 5.0


@dataclass(frozen=True)
class Presented:
    """What came: DER certificates, the server's own first, and the version of TLS."""

    certificates: tuple[bytes, ...]
    tls_version: str


@dataclass(frozen=True)
class Unreachable:
    """Why nothing came, in words for people."""

    reason: str


def look(
    address: str, port: int, server_name: str, policy: Policy, timeout: float = TIMEOUT
) -> Presented | Unreachable:
    """Connect to ``address`` and ask for ``server_name``; the answer is not verified.

    Where the policy allows no connection, none is made.
    """
    refusal = policy.probe_refusal(port)
    if refusal:
        return Unreachable(f"{refusal}.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # What is looked for is what anyone answers with, right or wrong.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            outgoing.connect(address, port, policy, timeout) as plain,
            context.wrap_socket(plain, server_hostname=server_name) as secure,
        ):
            return Presented(chain(secure), secure.version() or "")
    except Refused as refused:
        return Unreachable(str(refused))
    except TimeoutError:
        return Unreachable(f"Nothing answered within {timeout:.0f} seconds.")
    except ConnectionRefusedError:
        return Unreachable(f"Nothing listens on port {port}.")
    except socket.gaierror:
        return Unreachable(f"The name {address} is not known to this machine's DNS.")
    except ssl.SSLError as error:
        reason = (error.reason or "no TLS").replace("_", " ").lower()
        return Unreachable(f"Something answered, but not as TLS should: {reason}.")
    except (OSError, ValueError) as error:
        return Unreachable(f"{getattr(error, 'strerror', None) or error}."[:200])


def chain(secure: ssl.SSLSocket) -> tuple[bytes, ...]:
    """All that was sent, the server's own first; where this Python cannot tell, that alone."""
    everything = getattr(secure, "get_unverified_chain", None)
    if everything is not None:
        return tuple(everything())
    # Before 3.13 the same stands behind the object that it is public on since.
    behind = getattr(getattr(secure, "_sslobj", None), "get_unverified_chain", None)
    if behind is not None:
        return tuple(ssl.PEM_cert_to_DER_cert(each.public_bytes()) for each in behind())
    own = secure.getpeercert(binary_form=True)
    return (own,) if own else ()
