"""`/v1/helicone-dataset/`"""

from django.urls import path

from helicone_app.datasets.api import (
    DatasetChangeView,
    DatasetCountView,
    DatasetDeleteView,
    DatasetEditView,
    DatasetRowsView,
    DatasetsView,
)

urlpatterns = [
    path("query", DatasetsView.as_view(), name="datasets"),
    path("<str:dataset_id>/query", DatasetRowsView.as_view(), name="dataset-rows"),
    path("<str:dataset_id>/count", DatasetCountView.as_view(), name="dataset-count"),
    path("<str:dataset_id>/mutate", DatasetChangeView.as_view(), name="dataset-mutate"),
    path("<str:dataset_id>/delete", DatasetDeleteView.as_view(), name="dataset-delete"),
    path("<str:dataset_id>/request/<str:request_id>", DatasetEditView.as_view(), name="dataset-edit"),
]
