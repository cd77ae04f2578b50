"""Below /o/<organization>/costs/; the prices are by themselves."""

from django.urls import path

from metrics_app.costs import views

urlpatterns = [
    path("", views.cost_page, name="costs"),
    path("<slug:name>.csv", views.cost_csv, name="costs-csv"),
]
