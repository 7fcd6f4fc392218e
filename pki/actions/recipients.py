"""Groups of people who are told the same things, and their addresses."""

from pki.models import RecipientGroup, Role, User

#: The group that is told when nobody chose another.
DEFAULT_NAME = "Administrators"


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
