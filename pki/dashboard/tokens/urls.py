from django.urls import path

from pki.dashboard.tokens import views

urlpatterns = [
    path("", views.token_list, name="token-list"),
    path("new/", views.token_new, name="token-new"),
    path("registration/", views.registration, name="registration"),
    path("<int:pk>/withdraw/", views.token_withdraw, name="token-withdraw"),
]
