from django.urls import path

from pki.dashboard.calendar import views

urlpatterns = [
    path("", views.calendar_page, name="calendar"),
    path("<str:token>.ics", views.feed, name="calendar-feed"),
]
