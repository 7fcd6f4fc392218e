"""How allauth keeps second factors here: nothing that makes codes lies in its tables."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db.models.signals import post_delete
from django.dispatch import receiver

from pki.actions.second_factors import forget, put_away, text_of


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return put_away(text)

    def decrypt(self, encrypted_text: str) -> str:
        return text_of(encrypted_text)


@receiver(post_delete, sender=Authenticator)
def forget_secret(instance: Authenticator, **_: Any) -> None:
    forget(instance.data)
