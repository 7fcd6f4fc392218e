from django.urls import path

from pki.dashboard.settings import addresses, reminders, users, views

urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("addresses/", addresses.addresses, name="settings-addresses"),
    path("reminders/", reminders.reminder_policies, name="settings-reminders"),
    path("reminders/<slug:kind>/", reminders.reminder_policy, name="settings-reminder"),
    path("users/", users.user_list, name="settings-users"),
    path("users/add/", users.user_add, name="settings-user-add"),
    path("users/<int:pk>/", users.user_edit, name="settings-user"),
    path("users/<int:pk>/password/", users.user_password, name="settings-user-password"),
]
