"""The agent site: EST, the agent's own API, and what load balancers ask."""

from django.urls import include, path

urlpatterns = [
    path("", include("pki.agent_site.urls")),
    path("", include("pki.publication.urls")),
]

handler400 = "pki.agent_site.problems.bad_request"
handler404 = "pki.agent_site.problems.not_found"
handler500 = "pki.agent_site.problems.server_error"
