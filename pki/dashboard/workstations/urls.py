from django.urls import path

from pki.dashboard.workstations import bulk, decisions, editing, export, saved_views, views

urlpatterns = [
    path("", views.workstation_list, name="workstation-list"),
    path("export/", export.workstation_export, name="workstation-export"),
    path("views/", saved_views.view_save, name="view-save"),
    path("views/<int:pk>/delete/", saved_views.view_delete, name="view-delete"),
    path("bulk/", bulk.bulk_select, name="workstation-bulk"),
    path("bulk/<uuid:pk>/", bulk.bulk_change, name="bulk-change"),
    path("bulk/<uuid:pk>/step/", bulk.bulk_step, name="bulk-step"),
    path("bulk/<uuid:pk>/undo/", bulk.bulk_undo, name="bulk-undo"),
    path("<int:pk>/", views.workstation_detail, name="workstation-detail"),
    path("<int:pk>/edit/", editing.workstation_edit, name="workstation-edit"),
    path("<int:pk>/task/", editing.workstation_task, name="workstation-task"),
    path("<int:pk>/renew/", editing.workstation_renew, name="workstation-renew"),
    path("<int:pk>/dismiss/", editing.workstation_dismiss, name="workstation-dismiss"),
    path("<int:pk>/<str:verb>/", decisions.workstation_decide, name="workstation-decide"),
]
