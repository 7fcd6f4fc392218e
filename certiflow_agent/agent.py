"""What the agent does: join, say hello, renew, do tasks."""

import logging
import random
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509

from certiflow_agent import VERSION
from certiflow_agent.errors import AgentError, Refused
from certiflow_agent.identity import Identity, Key, certificate_request, key_fingerprint
from certiflow_agent.inventory import inventory, system_name
from certiflow_agent.server import Connection, context_for

logger = logging.getLogger("certiflow_agent")

#: Of the lifetime, after which the agent renews; plus up to a twentieth, its own every time.
RENEW_AFTER = 2 / 3
JITTER = 1 / 20


@dataclass
class Agent:
    identity: Identity
    _connection: Connection | None = None

    # --- joining ---------------------------------------------------------------

    def register(self, token: str = "") -> int:
        """0 once there is a certificate, else the seconds after which to ask again.

        Raises Refused when the server wants nothing of it.
        """
        key = self.identity.next_key()
        agent_id = self.identity.required("agent_id")
        document = {
            "agent_id": agent_id,
            "hostname": socket.gethostname(),
            "os": system_name(),
            "agent_version": VERSION,
            "csr": certificate_request(agent_id, key),
        }
        answer = self.connection(with_identity=False).post("/agent/v1/register", document, token)
        self.drop_connection()
        if "certificate" not in answer:
            return self.wait(key, answer)
        self.identity.take(answer["certificate"], answer.get("chain", []))
        self.identity.remember(state=str(answer["state"]), key_sha256=key_fingerprint(key))
        logger.info("Registered as %s.", agent_id)
        return 0

    def wait(self, key: Key, answer: dict[str, Any]) -> int:
        """For an administrator, who compares the fingerprint of this key."""
        self.identity.remember(state="pending", key_sha256=key_fingerprint(key))
        return max(1, int(answer.get("retry_after", 15)))

    # --- one round ---------------------------------------------------------------

    def round(self) -> int:
        """Everything there is to do now; the seconds until the next round."""
        if self.identity.certificate is None or self.identity.settings.get("state") == "pending":
            waiting = self.register()
            if waiting:
                return waiting
        try:
            answer = self.hello()
        except Refused as error:
            if error.code in {"workstation.revoked", "certificate.expired"}:
                self.identity.remember(state=error.code.rpartition(".")[2])
            if error.code == "certificate.superseded":
                # This machine was restored from a copy: its new key waits for approval.
                logger.warning("%s", error)
                return self.renew()
            raise
        if answer.get("renew") or self.due(datetime.now(UTC)):
            self.renew()
        if answer.get("tasks"):
            self.do_tasks()
        return max(1, int(answer.get("poll_interval", 300)))

    def hello(self) -> dict[str, Any]:
        """Said once more where the roots are others than before: the server counts who has them."""
        answer = self.say_hello()
        if self.take_roots(answer.get("roots", [])):
            answer = self.say_hello()
        return answer

    def say_hello(self) -> dict[str, Any]:
        told = {**inventory(), "roots": self.identity.root_fingerprints}
        answer = self.connection().post("/agent/v1/hello", told)
        self.identity.remember(
            state=str(answer["state"]), last_contact=datetime.now(UTC).isoformat()
        )
        return answer

    def take_roots(self, announced: list[dict[str, str]]) -> bool:
        """Trust what the server announces over the connection that was verified."""
        roots = [x509.load_pem_x509_certificate(each["certificate"].encode()) for each in announced]
        if not roots or not self.identity.trust(roots):
            return False
        logger.info("%d roots are trusted from now on.", len(roots))
        self.drop_connection()
        return True

    def renew(self) -> int:
        """A new key, then a new certificate; a lost answer is asked for again with that key.

        0 once it is there, else the seconds after which to ask an administrator's decision.
        """
        key = self.identity.next_key()
        csr = certificate_request(self.identity.required("agent_id"), key)
        answer = self.connection().post("/agent/v1/renew", {"csr": csr})
        if "certificate" not in answer:
            self.drop_connection()
            return self.wait(key, answer)
        self.identity.take(answer["certificate"], answer.get("chain", []))
        self.identity.remember(key_sha256=key_fingerprint(key))
        self.drop_connection()
        logger.info("The certificate is renewed.")
        return 0

    def due(self, now: datetime) -> bool:
        certificate = self.identity.certificate
        return certificate is not None and now >= renewal_time(certificate)

    def do_tasks(self) -> None:
        from certiflow_agent.tasks import perform

        for task in self.connection().get("/agent/v1/tasks").get("tasks", []):
            outcome = perform(self, task)
            self.connection().post(f"/agent/v1/tasks/{task['id']}/result", outcome)

    # --- connection --------------------------------------------------------------

    def connection(self, *, with_identity: bool = True) -> Connection:
        if self._connection is None:
            if with_identity and not self.identity.identity_file.exists():
                raise AgentError("This agent has no certificate yet.")
            shown = self.identity.identity_file if with_identity else None
            self._connection = Connection(
                self.identity.required("server"), context_for(self.identity.roots_file, shown)
            )
        return self._connection

    def drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def renewal_time(certificate: x509.Certificate) -> datetime:
    """Two thirds of the lifetime and a little more, the same each time this is asked."""
    lifetime: timedelta = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    spread = random.Random(certificate.serial_number).random() * JITTER  # noqa: S311
    return certificate.not_valid_before_utc + lifetime * (RENEW_AFTER + spread)
