"""The public site, on plain HTTP: revocation lists, OCSP, the authorities' certificates."""

from django.urls import include, path

urlpatterns = [path("", include("pki.publication.urls"))]

handler400 = "pki.publication.views.bad_request"
handler404 = "pki.publication.views.not_found"
handler500 = "pki.publication.views.server_error"
