"""Budgets and rate limits, below /o/<organization>/."""

from django.urls import path

from alerts_app.budgets import rate_views, views

urlpatterns = [
    # budgets/
    path("budgets/", views.budget_list, name="budgets"),
    path("budgets/new/", views.budget_new, name="budget-new"),
    path("budgets/<int:budget_id>/", views.budget_detail, name="budget"),
    path("budgets/<int:budget_id>/chart.csv", views.budget_csv, name="budget-csv"),
    path("budgets/<int:budget_id>/edit/", views.budget_edit, name="budget-edit"),
    path("budgets/<int:budget_id>/switch/", views.budget_switch, name="budget-switch"),
    path("budgets/<int:budget_id>/delete/", views.budget_delete, name="budget-delete"),
    # rate-limits/
    path("rate-limits/", rate_views.rate_limit_list, name="rate-limits"),
    path("rate-limits/limited.csv", rate_views.limited_csv, name="rate-limits-csv"),
    path("rate-limits/new/", rate_views.rate_limit_new, name="rate-limit-new"),
    path("rate-limits/<int:rate_limit_id>/edit/", rate_views.rate_limit_edit, name="rate-limit-edit"),
    path("rate-limits/<int:rate_limit_id>/switch/", rate_views.rate_limit_switch, name="rate-limit-switch"),
    path("rate-limits/<int:rate_limit_id>/delete/", rate_views.rate_limit_delete, name="rate-limit-delete"),
]
