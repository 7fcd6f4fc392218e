from django.urls import path

from pki.dashboard.audit import views

urlpatterns = [
    path("", views.audit_list, name="audit-list"),
    path("csv/", views.audit_csv, name="audit-csv"),
]
