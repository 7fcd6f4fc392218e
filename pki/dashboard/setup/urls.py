from django.urls import path

from pki.dashboard.setup import views

urlpatterns = [
    path("", views.setup, name="setup"),
    path("administrator/", views.administrator, name="setup-administrator"),
    path("root/", views.root, name="setup-root"),
    path("root/new/", views.new_root, name="setup-root-new"),
    path("root/import/", views.import_root, name="setup-root-import"),
    path("host/", views.host, name="setup-host"),
    path("done/", views.done, name="setup-done"),
]
