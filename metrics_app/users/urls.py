"""Below /o/<organization>/."""

from django.urls import path

from metrics_app.users import user_views, views

urlpatterns = [
    path("users/", views.user_list, name="users"),
    path("users.csv", views.user_list_csv, name="users-csv"),
    path("users/charts/<slug:chart>.csv", views.user_chart_csv, name="users-chart-csv"),
    path("users/<session_id:user_id>/", user_views.user_page, name="user"),
]
