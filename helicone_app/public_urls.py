"""`/v1/public/`: what is read without a key."""

from django.urls import path

from helicone_app.datasets.api import DatasetBodiesView
from helicone_app.model_registry.api import ModelRegistryView
from helicone_app.prompts.versions_api import SignedPromptBodyView
from helicone_app.requests.assets import AssetContentView
from helicone_app.requests.bodies import BodiesView

urlpatterns = [
    path("bodies/<str:token>", BodiesView.as_view(), name="bodies"),
    path("assets/<str:token>", AssetContentView.as_view(), name="asset-content"),
    path("prompt-bodies/<str:token>", SignedPromptBodyView.as_view(), name="prompt-bodies"),
    path("dataset-bodies/<str:token>", DatasetBodiesView.as_view(), name="dataset-bodies"),
    path("model-registry/models", ModelRegistryView.as_view(), name="model-registry"),
]
