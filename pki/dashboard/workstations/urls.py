from django.urls import path

from pki.dashboard.workstations import decisions, editing, views

urlpatterns = [
    path("", views.workstation_list, name="workstation-list"),
    path("<int:pk>/", views.workstation_detail, name="workstation-detail"),
    path("<int:pk>/edit/", editing.workstation_edit, name="workstation-edit"),
    path("<int:pk>/task/", editing.workstation_task, name="workstation-task"),
    path("<int:pk>/<str:verb>/", decisions.workstation_decide, name="workstation-decide"),
]
