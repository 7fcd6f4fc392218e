"""The addresses of the agent site."""

from django.urls import path

from pki.agent_site import api, est

urlpatterns = [
    path(".well-known/est/cacerts", est.cacerts),
    path(".well-known/est/csrattrs", est.csrattrs),
    path(".well-known/est/simpleenroll", est.simpleenroll),
    path(".well-known/est/simplereenroll", est.simplereenroll),
    path("agent/v1/register", api.register_agent),
    path("agent/v1/hello", api.hello),
    path("agent/v1/tasks", api.tasks),
    path("agent/v1/tasks/<uuid:task_id>/result", api.result),
    path("agent/v1/renew", api.renew),
]
