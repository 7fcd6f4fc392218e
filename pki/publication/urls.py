from django.urls import path

from pki.publication import views

urlpatterns = [
    path("pki/<uuid:pk>.cer", views.authority_certificate, name="authority-certificate"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
