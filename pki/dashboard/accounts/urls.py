"""Signing in and out, the own password and the second step: allauth's views that apply here.

Named one by one, so that what makes no sense without public accounts (signing up,
e-mail addresses, a password reset by e-mail) has no address at all.
"""

from allauth.account import views
from django.urls import include, path

from pki.dashboard.accounts.attempts import count_apart

count_apart()

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("two-step/", include("allauth.mfa.urls")),
]
