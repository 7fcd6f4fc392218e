from django.urls import path

from pki.dashboard.recipients import channels, views

urlpatterns = [
    path("", views.group_list, name="recipients"),
    path("add/", views.group_add, name="recipients-add"),
    path("<int:pk>/", views.group_detail, name="recipients-group"),
    path("<int:pk>/change/", views.group_edit, name="recipients-edit"),
    path("<int:pk>/remove/", views.group_remove, name="recipients-remove"),
    path("<int:pk>/test/", views.group_test, name="recipients-test"),
    path("<int:pk>/webhook/", channels.webhook_add, name="webhook-add"),
    path("<int:pk>/chat/", channels.chat_add, name="chat-add"),
    path("channels/<int:pk>/test/", channels.channel_test, name="channel-test"),
    path("channels/<int:pk>/pause/", channels.channel_pause, name="channel-pause"),
    path("channels/<int:pk>/key/", channels.channel_key, name="channel-key"),
    path("channels/<int:pk>/remove/", channels.channel_remove, name="channel-remove"),
]
