"""Groups of people who are told the same things, and everybody's addresses."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import Conflict, InvalidInput
from pki.models import Channel, RecipientGroup, Role, Secret, User

#: The group that is told when nobody chose another.
DEFAULT_NAME = "Administrators"
NAME_LIMIT = 60
#: Addresses of one group or server.
MOST = 200
ADDRESS_LIMIT = 254


def default_group() -> RecipientGroup:
    """Made when it is first asked for; every administrator with an address belongs to it."""
    group, _ = RecipientGroup.objects.get_or_create(
        name=DEFAULT_NAME, defaults={"administrators": True}
    )
    return group


def addresses_of(group: RecipientGroup) -> list[str]:
    """Whom mail to the group goes to: lower case, each once, sorted."""
    found = {address.lower() for address in group.addresses}
    if group.administrators:
        found |= {email.lower() for email in administrators_addresses()}
    return sorted(found)


def administrators_addresses() -> list[str]:
    people = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(email="")
    return list(people.values_list("email", flat=True))


def add_group(
    name: str, *, actor: Actor, addresses: Sequence[str] = (), administrators: bool = False
) -> RecipientGroup:
    """Raises InvalidInput on ``name`` or ``addresses``, Conflict ``group.exists``."""
    group = RecipientGroup(
        name=checked_name(name),
        addresses=checked_addresses(addresses, field="addresses"),
        administrators=administrators,
    )
    try:
        with transaction.atomic():
            group.save(force_insert=True)
            record(actor, "group.added", group, **facts(group))
    except IntegrityError:
        raise name_taken(group.name) from None
    return group


def change_group(
    group: RecipientGroup,
    *,
    actor: Actor,
    name: str,
    addresses: Sequence[str],
    administrators: bool,
) -> RecipientGroup:
    """Raises as `add_group` does, and Conflict ``group.default`` on another name for that one."""
    wanted = checked_name(name)
    checked = checked_addresses(addresses, field="addresses")
    try:
        with transaction.atomic():
            row = RecipientGroup.objects.select_for_update().get(pk=group.pk)
            if row.name == DEFAULT_NAME and wanted != DEFAULT_NAME:
                raise Conflict(
                    f"The group {DEFAULT_NAME} keeps its name, since it is told whatever nobody "
                    "else is told. Add another group instead.",
                    code="group.default",
                    field="name",
                )
            before = facts(row)
            row.name, row.addresses, row.administrators = wanted, checked, administrators
            row.save(update_fields=["name", "addresses", "administrators"])
            record(actor, "group.changed", row, before=before, **facts(row))
    except IntegrityError:
        raise name_taken(wanted) from None
    return row


def remove_group(group: RecipientGroup, *, actor: Actor) -> None:
    """With its channels. Raises Conflict ``group.default`` or ``group.used``."""
    with transaction.atomic():
        row = RecipientGroup.objects.select_for_update().get(pk=group.pk)
        if row.name == DEFAULT_NAME:
            raise Conflict(
                f"The group {DEFAULT_NAME} stays, since it is told whatever nobody else is told. "
                "Take the addresses out of it instead.",
                code="group.default",
            )
        if row.policies.exists() or row.escalations.exists():
            raise Conflict(
                f"Reminders are sent to {row}. Choose other recipients for them first.",
                code="group.used",
            )
        record(actor, "group.removed", row, **facts(row))
        secrets = list(Channel.objects.filter(group=row).values_list("secret", flat=True))
        row.delete()
        Secret.objects.filter(pk__in=secrets).delete()


def facts(group: RecipientGroup) -> dict[str, object]:
    return {"addresses": group.addresses, "administrators": group.administrators}


def name_taken(name: str) -> Conflict:
    return Conflict(
        f"There is a group {name} already. Choose another name.", code="group.exists", field="name"
    )


def checked_name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= NAME_LIMIT:
        raise InvalidInput(
            f"A name has 1 to {NAME_LIMIT} characters, such as “Branch offices”.",
            code="group.name",
            field="name",
        )
    return name


def checked_addresses(texts: Sequence[str], *, field: str) -> list[str]:
    """Lower case, each once, in the order given. Raises InvalidInput that names the wrong one."""
    found = list(dict.fromkeys(checked_address(text, field=field) for text in texts))
    if len(found) > MOST:
        raise InvalidInput(
            f"These are {len(found):,} addresses; {MOST:,} is the most. Let your mail server keep "
            "the list, and enter its one address here.",
            code="recipient.too_many",
            field=field,
        )
    return found


def checked_address(text: str, *, field: str) -> str:
    address = text.strip().lower()
    try:
        validate_email(address)
        valid = len(address) <= ADDRESS_LIMIT
    except ValidationError:
        valid = False
    if not valid:
        raise InvalidInput(
            f"“{text.strip()[:100]}” is not an e-mail address. Write it as name@example.com.",
            code="recipient.address",
            field=field,
        )
    return address
