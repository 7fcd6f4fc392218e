from django.urls import path

from pki.dashboard.jobs import views

urlpatterns = [
    path("", views.job_list, name="job-list"),
    path("<slug:name>/", views.job_detail, name="job-detail"),
    path("<slug:name>/run/", views.job_run, name="job-run"),
]
