"""Account pages of an organization."""

from django.urls import path

from accounts_app import data_views, views

app_name = "accounts"
urlpatterns = [
    # /organizations/
    path("organizations/new/", views.organization_create, name="organization-create"),
    # /o/<organization>/api-keys/
    path("o/<slug:organization>/api-keys/", views.api_keys, name="api-keys"),
    path("o/<slug:organization>/api-keys/new/", views.api_key_create, name="api-key-create"),
    path("o/<slug:organization>/api-keys/<int:key_id>/revoke/", views.api_key_revoke, name="api-key-revoke"),
    # /o/<organization>/members/
    path("o/<slug:organization>/members/", views.members, name="members"),
    path("o/<slug:organization>/members/add/", views.member_add, name="member-add"),
    path("o/<slug:organization>/members/<int:member_id>/role/", views.member_role, name="member-role"),
    path("o/<slug:organization>/members/<int:member_id>/remove/", views.member_remove, name="member-remove"),
    path("o/<slug:organization>/members/<int:member_id>/link/", views.member_link, name="member-link"),
    # /o/<organization>/settings/
    path("o/<slug:organization>/settings/", views.organization_settings, name="settings"),
    path("o/<slug:organization>/settings/leave/", views.organization_leave, name="organization-leave"),
    path("o/<slug:organization>/settings/rename/", views.organization_rename, name="organization-rename"),
    # /o/<organization>/data/
    path("o/<slug:organization>/data/", data_views.data, name="data"),
    path("o/<slug:organization>/data/plan/", data_views.plan_choose, name="plan-choose"),
    path("o/<slug:organization>/data/erase/", data_views.erase, name="data-erase"),
    path("o/<slug:organization>/data/erase-all/", data_views.erase_all, name="data-erase-all"),
]
