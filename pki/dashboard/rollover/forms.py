"""What is asked about a successor and about the waves."""

from django import forms

from pki.actions.rollover.stages import MOST_SERVERS, MOST_WORKSTATIONS
from pki.dashboard.fields import ROOT_KEYS, DaysField, KeyField
from pki.x509.names import COMMON_NAME_LIMIT
from pki.x509.profiles import ROOT


class SuccessorForm(forms.Form):
    common_name = forms.CharField(
        label="Name of the new root",
        max_length=COMMON_NAME_LIMIT,
        help_text="Another one than the old root's, so that people and programs tell them apart in "
        "trust stores.",
    )
    key = KeyField(label="Key", choices=ROOT_KEYS, initial="rsa-4096")
    days = DaysField(
        ROOT, help_text=f"365 to {ROOT.longest_lifetime.days:,}. The default is twenty years."
    )
    exposed = forms.BooleanField(
        label="The key of the old root may be known to others",
        required=False,
        help_text="Then the new root does not vouch for the old one. Do not wait long with the "
        "other steps.",
    )


class SizesForm(forms.Form):
    servers = forms.IntegerField(
        label="Servers in a wave",
        min_value=1,
        max_value=MOST_SERVERS,
        help_text="So many new certificates wait to be installed at a time.",
    )
    workstations = forms.IntegerField(
        label="Workstations in a wave",
        min_value=1,
        max_value=MOST_WORKSTATIONS,
        help_text="So many agents are asked to renew at a time.",
    )
