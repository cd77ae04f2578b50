"""`/v1/public/`: what is read without a key."""

from django.urls import path

from helicone_app.requests.assets import AssetContentView
from helicone_app.requests.bodies import BodiesView

urlpatterns = [
    path("bodies/<str:token>", BodiesView.as_view(), name="bodies"),
    path("assets/<str:token>", AssetContentView.as_view(), name="asset-content"),
]
