from django.urls import path

from pki.dashboard.reminders import answering, views

urlpatterns = [
    path("", views.reminder_list, name="reminder-list"),
    path("acknowledge/", answering.acknowledge_matching, name="reminder-acknowledge-all"),
    path("<int:pk>/", views.reminder_detail, name="reminder-detail"),
    path("<int:pk>/acknowledge/", answering.reminder_acknowledge, name="reminder-acknowledge"),
    path("<int:pk>/snooze/", answering.reminder_snooze, name="reminder-snooze"),
    path("<int:pk>/take-back/", answering.reminder_take_back, name="reminder-take-back"),
]
