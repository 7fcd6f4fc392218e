"""Setting an installation up: what is missing is made, what is there stays."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from django.conf import settings

from pki.actions.accounts import add_user, checked_username
from pki.actions.actor import Actor
from pki.actions.authorities import DEFAULT_COMMON_NAME, create_authority
from pki.actions.certificate_row import parsed
from pki.actions.name_policy import change_name_policy, current_name_policy
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.errors import Conflict, InvalidInput
from pki.management.passwords import password_for
from pki.management.setup_report import Done, Step
from pki.models import Authority, Certificate, Role, Server, User
from pki.x509 import name_constraints, name_policy, names
from pki.x509.keys import KeySpec
from pki.x509.name_policy import NamePolicy
from pki.x509.profiles import ROOT


@dataclass(frozen=True)
class Plan:
    """What was asked for, every value checked; None is “whatever is there, or the default”."""

    admin: str
    root_cn: str | None
    root_key: KeySpec | None
    #: This host first.
    servers: tuple[str, ...]
    #: Domains and networks to which the root is to be limited.
    root_permits: tuple[str, ...]
    #: Empty: the name policy stays as it is.
    permitted: NamePolicy

    @classmethod
    def of(
        cls,
        *,
        admin: str,
        root_cn: str | None,
        root_key_size: int | None,
        servers: Sequence[str],
        root_permits: Sequence[str] = (),
        permitted: Sequence[str] = (),
    ) -> "Plan":
        """Raises InvalidInput on the first value that cannot be used."""
        root_key = None if root_key_size is None else KeySpec("rsa", bits=root_key_size)
        if root_key is not None:
            ROOT.check_key(root_key)
        wanted = [this_host(), *(names.server_name(name, field="server") for name in servers)]
        limits = name_constraints.of_texts(root_permits, field="root_permit")
        hosts = [names.general_name(name) for name in wanted]
        name_constraints.refuse_outside(limits, x509.Name([]), hosts, field="root_permit")
        return cls(
            admin=checked_username(admin),
            root_cn=None if root_cn is None else names.common_name(root_cn, field="root_cn"),
            root_key=root_key,
            servers=tuple(dict.fromkeys(wanted)),
            root_permits=tuple(root_permits),
            permitted=name_policy.parse(permitted, field="permit"),
        )


def this_host() -> str:
    try:
        return names.server_name(settings.HOST)
    except InvalidInput as error:
        raise InvalidInput(
            f"This host's name does not fit into a certificate: {error.message} Set CERTIFLOW_HOST "
            "to the name by which browsers reach the dashboard.",
            code=error.code,
            field="CERTIFLOW_HOST",
        ) from None


@dataclass(frozen=True)
class SetUp:
    plan: Plan
    actor: Actor
    password_on_stdin: bool = False

    def run(self) -> Done:
        """Refuses before it changes anything, and may be repeated after a failure.

        Raises Conflict ``authority.exists`` and ``user.exists``, and InvalidInput.
        """
        authority = Authority.objects.filter(active=True).select_related("certificate").first()
        if authority is not None:
            self.refuse_another_root(authority)
        administrator = self.administrator()
        root = self.root(authority)
        self.name_policy()
        return Done(administrator, root, tuple(map(self.server, self.plan.servers)))

    def administrator(self) -> Step[User]:
        existing = User.objects.filter(username__iexact=self.plan.admin).first()
        if existing is None:
            user = add_user(self.plan.admin, self.password(), Role.ADMINISTRATOR, actor=self.actor)
            return Step(user, made=True)
        if not existing.has_role(Role.ADMINISTRATOR):
            raise Conflict(
                f"There is a user {existing} already, who is not an active administrator. Choose "
                "another name, or have an administrator change that under Settings, Users.",
                code="user.exists",
                field="admin",
            )
        return Step(existing, made=False)

    def password(self) -> str:
        return password_for(self.plan.admin, on_stdin=self.password_on_stdin, new=True)

    def refuse_another_root(self, authority: Authority) -> None:
        """Said again after its root was replaced, the same command is no wish for another one."""
        asked = self.plan.root_cn, self.plan.root_key and str(self.plan.root_key)
        ever = Authority.objects.values_list("common_name", "certificate__key_algorithm")
        if not any(
            all(wanted in {None, found} for wanted, found in zip(asked, there, strict=True))
            for there in ever
        ):
            raise Conflict(
                f"There is a root already, “{authority}” with {authority.certificate.key_label}, "
                "and it is not replaced: every server and workstation trusts it. Leave --root-cn "
                "and --root-key-size out to go on with it; a fresh start needs an empty data "
                "directory.",
                code="authority.exists",
                field="root_cn",
            )
        limits = name_constraints.of_texts(self.plan.root_permits)
        if limits and limits != name_constraints.constraints_of(parsed(authority.certificate)):
            raise Conflict(
                f"There is a root already, “{authority}”, and the names it may certify cannot be "
                "changed. Leave --root-permit out to go on with it; a fresh start needs an empty "
                "data directory.",
                code="authority.exists",
                field="root_permit",
            )

    def root(self, existing: Authority | None) -> Step[Authority]:
        if existing is not None:
            return Step(existing, made=False)
        authority = create_authority(
            actor=self.actor,
            common_name=self.plan.root_cn or DEFAULT_COMMON_NAME,
            key_spec=self.plan.root_key or ROOT.default_key,
            permitted=self.plan.root_permits,
        )
        return Step(authority, made=True)

    def name_policy(self) -> None:
        """Before the servers, whose names it is about."""
        wanted = self.plan.permitted
        if not wanted.is_open and wanted != current_name_policy():
            change_name_policy(wanted.entries, actor=self.actor)

    def server(self, fqdn: str) -> Step[Certificate]:
        server = Server.objects.filter(fqdn=fqdn).select_related("certificate").first()
        if server is None:
            server = add_server(fqdn, actor=self.actor)
        if server.certificate is not None:
            return Step(server.certificate, made=False)
        return Step(issue_for_server(server, actor=self.actor), made=True)
