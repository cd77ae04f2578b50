"""`/v1/user/`"""

from django.urls import path

from helicone_app.users.api import UserMetricsView, UserOverviewView, UserQueryView

urlpatterns = [
    path("query", UserQueryView.as_view(), name="users"),
    path("metrics/query", UserMetricsView.as_view(), name="user-metrics"),
    path("metrics-overview/query", UserOverviewView.as_view(), name="user-overview"),
]
