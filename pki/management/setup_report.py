"""What setting up did, and what to do next."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pki.actions.name_policy import current_name_policy
from pki.actions.registration_policy import current_policy
from pki.management.certificate_document import dashboard_address
from pki.models import Authority, Certificate, User

T = TypeVar("T", User, Authority, Certificate)


@dataclass(frozen=True)
class Step(Generic[T]):
    """Something that is there now, and whether it was made or found."""

    result: T
    made: bool


@dataclass(frozen=True)
class Done:
    administrator: Step[User]
    root: Step[Authority]
    #: This host's first.
    servers: tuple[Step[Certificate], ...]

    def lines(self) -> list[str]:
        return [
            administrator_line(self.administrator),
            *root_lines(self.root),
            *(server_line(step) for step in self.servers),
            *(registration_lines() if current_policy().automatic else []),
            *policy_lines(),
            "",
            *self.next_steps(),
        ]

    def next_steps(self) -> list[str]:
        others = [step.result for step in self.servers[1:]]
        return [
            "Next:",
            "  certiflow up                     starts the dashboard",
            f"  {dashboard_address()}   sign in as {self.administrator.result}",
            *(
                f"  certiflow certificates {row.serial_number} --out DIR --pwd-stdin   "
                f"files for {row.common_name}"
                for row in others
            ),
            "  certiflow backup FILE            one encrypted file with everything; keep it apart",
        ]

    def document(self) -> dict[str, Any]:
        root = self.root.result
        return {
            "administrator": {
                "name": self.administrator.result.username,
                "made": self.administrator.made,
            },
            "root": {
                "common_name": root.common_name,
                "key": root.certificate.key_algorithm,
                "serial": root.certificate.serial_number,
                "sha256": root.certificate.sha256,
                "made": self.root.made,
            },
            "servers": [
                {
                    "server": step.result.common_name,
                    "serial": step.result.serial_number,
                    "sha256": step.result.sha256,
                    "made": step.made,
                }
                for step in self.servers
            ],
            "dashboard": dashboard_address(),
            "permitted": current_name_policy().entries,
            "automatic_registration": current_policy().automatic,
        }


def administrator_line(step: Step[User]) -> str:
    if step.made:
        return f"Administrator {step.result} added."
    return f"Administrator {step.result} is there already; the password was not changed."


def root_lines(step: Step[Authority]) -> list[str]:
    certificate = step.result.certificate
    what = (
        f"Root “{step.result}” created with {certificate.key_label}, its key stored encrypted."
        if step.made
        else f"Root “{step.result}” is there already and stays."
    )
    return [what, f"  SHA-256 {certificate.sha256.upper()}"]


def server_line(step: Step[Certificate]) -> str:
    row = step.result
    if step.made:
        return f"Certificate for {row.common_name} issued, valid to {row.not_after:%Y-%m-%d}."
    return f"{row.common_name} has a certificate already, valid to {row.not_after:%Y-%m-%d}."


def policy_lines() -> list[str]:
    policy = current_name_policy()
    if policy.is_open:
        return ["Every name is permitted; “certiflow permit DOMAIN” limits operators to your own."]
    return [f"Operators issue for {policy.in_words()} only."]


def registration_lines() -> list[str]:
    return ["Automatic registration is on: agents without a token are approved at once."]
