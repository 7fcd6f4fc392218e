"""Names that the root could never certify, refused before anything of a server is stored.

Not where a server is only added: its certificate may come from another authority.
"""

from collections.abc import Sequence

from cryptography import x509

from pki.actions.certificate_row import parsed
from pki.models import Authority
from pki.x509 import names
from pki.x509.name_constraints import constraints_of, refuse_outside


def refuse_outside_root(fqdn: str, additional_names: Sequence[str]) -> None:
    """Raises InvalidInput ``name.outside_constraints`` on the field in question."""
    active = Authority.objects.filter(active=True).select_related("certificate").first()
    constraints = constraints_of(parsed(active.certificate)) if active else None
    for field, wanted in (("fqdn", [fqdn]), ("additional_names", additional_names)):
        found = [names.general_name(name) for name in wanted]
        refuse_outside(constraints, x509.Name([]), found, field=field)
