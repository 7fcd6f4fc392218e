"""The Django application that holds the models, the doors and the commands."""

from django.apps import AppConfig, apps


class PkiConfig(AppConfig):
    name = "pki"
    verbose_name = "CertiFlow Admin"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Receivers and system checks register themselves on import.
        from pki import system_checks  # noqa: F401

        # The agent site has no people.
        if apps.is_installed("allauth.account"):
            from pki.dashboard.accounts import second_factors, sign_in_events  # noqa: F401
