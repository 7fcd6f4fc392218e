from django.urls import path

from pki.dashboard.rollover import servers, views, waves

urlpatterns = [
    path("", views.rollover_page, name="rollover"),
    path("start/", views.rollover_start, name="rollover-start"),
    path("waves/<str:verb>/", waves.change_waves, name="rollover-waves"),
    path("sizes/", waves.wave_sizes, name="rollover-sizes"),
    path("servers/", servers.rollover_servers, name="rollover-servers"),
    path("servers/trust/", servers.server_trust, name="rollover-trust"),
    path("silent/", servers.silent_workstations, name="rollover-silent"),
    path("<str:verb>/", views.rollover_decide, name="rollover-decide"),
]
