from django.urls import path

from pki.dashboard.servers import editing, issuing, probing, renewing, views

urlpatterns = [
    path("", views.server_list, name="server-list"),
    path("add/", editing.server_add, name="server-add"),
    path("<int:pk>/", views.server_detail, name="server-detail"),
    path("<int:pk>/edit/", editing.server_edit, name="server-edit"),
    path("<int:pk>/issue/", issuing.server_issue, name="server-issue"),
    path("<int:pk>/renew/", issuing.server_renew, name="server-renew"),
    path("<int:pk>/renew-alike/", renewing.server_renew_alike, name="server-renew-alike"),
    path("<int:pk>/probe/", probing.server_probe, name="server-probe"),
    path("<int:pk>/probe/target/", probing.server_target, name="server-target"),
    path("<int:pk>/renewal/", editing.server_renewal, name="server-renewal"),
    path("<int:pk>/import/", issuing.server_import, name="server-import"),
]
