from django.urls import path

from pki.publication import metrics, ocsp, revocation_lists, views

urlpatterns = [
    path("pki/<uuid:pk>.cer", views.authority_certificate, name="authority-certificate"),
    path("pki/<uuid:pk>.crl", revocation_lists.revocation_list, name="revocation-list"),
    path("ocsp/", ocsp.by_post, name="ocsp"),
    path("ocsp/<path:encoded>", ocsp.by_get, name="ocsp-get"),
    path("metrics", metrics.metrics, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
