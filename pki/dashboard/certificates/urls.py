from django.urls import path

from pki.dashboard.certificates import downloads, views

urlpatterns = [
    path("", views.certificate_list, name="certificate-list"),
    path("<str:serial>/", views.certificate_detail, name="certificate-detail"),
    path("<str:serial>/compare/", views.certificate_compare, name="certificate-compare"),
    path("<str:serial>/revoke/", views.certificate_revoke, name="certificate-revoke"),
    path("<str:serial>/private-key/", downloads.private_key, name="certificate-private-key"),
    path("<str:serial>/download/<str:form>", downloads.download, name="certificate-download"),
]
