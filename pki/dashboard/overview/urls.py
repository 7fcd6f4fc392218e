from django.urls import path

from pki.dashboard.overview import views

urlpatterns = [path("", views.overview, name="overview")]
