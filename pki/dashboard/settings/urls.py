from django.urls import path

from pki.dashboard.settings import addresses, name_policy, reminders, sign_in, users, views

urlpatterns = [
    path("", views.settings_page, name="settings"),
    path("addresses/", addresses.addresses, name="settings-addresses"),
    path("names/", name_policy.name_policy, name="settings-names"),
    path("reminders/", reminders.reminder_policies, name="settings-reminders"),
    path("reminders/<slug:kind>/", reminders.reminder_policy, name="settings-reminder"),
    path("sign-in/", sign_in.sign_in_policy, name="settings-sign-in"),
    path("users/", users.user_list, name="settings-users"),
    path("users/add/", users.user_add, name="settings-user-add"),
    path("users/<int:pk>/", users.user_edit, name="settings-user"),
    path("users/<int:pk>/password/", users.user_password, name="settings-user-password"),
    path(
        "users/<int:pk>/second-factor/",
        users.user_second_factor,
        name="settings-user-second-factor",
    ),
]
