"""Below /o/<organization>/properties/."""

from django.urls import path

from metrics_app.properties import views

urlpatterns = [
    path("", views.property_page, name="properties"),
    path("numbers/", views.property_numbers, name="property-numbers"),
    path("values.csv", views.values_csv, name="property-values-csv"),
    path("chart.csv", views.chart_csv, name="property-chart-csv"),
]
