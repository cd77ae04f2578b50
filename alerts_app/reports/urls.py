"""Reports, below /o/<organization>/reports/."""

from django.urls import path

from alerts_app.reports import views

urlpatterns = [
    # /
    path("", views.report_page, name="reports"),
    path("plan/", views.report_plan, name="reports-plan"),
    path("send/", views.report_send, name="reports-send"),
]
