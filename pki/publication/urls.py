from django.urls import path, re_path

from pki.publication import metrics, ocsp, revocation_lists, views

urlpatterns = [
    path("pki/<uuid:pk>.cer", views.authority_certificate, name="authority-certificate"),
    path("pki/<uuid:pk>.crl", revocation_lists.revocation_list, name="revocation-list"),
    path("ocsp/", ocsp.by_post, name="ocsp"),
    # Whatever stands there, line ends included: the answer is OCSP's.
    re_path(r"\Aocsp/(?P<encoded>(?s:.+))\Z", ocsp.by_get, name="ocsp-get"),
    path("metrics", metrics.metrics, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
