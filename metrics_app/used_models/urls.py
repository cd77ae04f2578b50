"""Below /o/<organization>/models/."""

from django.urls import path

from metrics_app.used_models import views

urlpatterns = [
    path("", views.model_page, name="models"),
    path("table.csv", views.table_csv, name="models-csv"),
    path("availability.csv", views.availability_csv, name="models-availability-csv"),
]
