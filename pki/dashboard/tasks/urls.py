from django.urls import path

from pki.dashboard.tasks import views

urlpatterns = [
    path("", views.task_list, name="task-list"),
    path("<uuid:pk>/", views.task_detail, name="task-detail"),
    path("<uuid:pk>/cancel/", views.task_cancel, name="task-cancel"),
]
