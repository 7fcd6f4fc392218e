from django.urls import path

from pki.dashboard.search import views

urlpatterns = [path("", views.search, name="search")]
