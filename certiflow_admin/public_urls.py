"""The public site, on plain HTTP: revocation lists, OCSP, the authorities' certificates."""

from django.urls import include, path

urlpatterns = [path("", include("pki.publication.urls"))]
