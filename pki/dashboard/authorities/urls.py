from django.urls import path

from pki.dashboard.authorities import views

urlpatterns = [
    path("", views.authority_list, name="authority-list"),
    path("<uuid:pk>/", views.authority_detail, name="authority-detail"),
    path("<uuid:pk>/export/", views.authority_export, name="authority-export"),
]
