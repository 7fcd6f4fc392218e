from django.urls import path

from pki.dashboard.deliveries import views

urlpatterns = [
    path("", views.delivery_list, name="delivery-list"),
    path("<uuid:pk>/", views.delivery_detail, name="delivery-detail"),
    path("<uuid:pk>/again/", views.delivery_again, name="delivery-again"),
]
