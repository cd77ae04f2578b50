"""`/v1/property/`"""

from django.urls import path

from helicone_app.properties.api import (
    PropertyOverTimeView,
    PropertyQueryView,
    PropertySearchView,
    TopCostsView,
    TopRequestsView,
)

urlpatterns = [
    path("query", PropertyQueryView.as_view(), name="properties"),
    path("properties/over-time", PropertyOverTimeView.as_view(), name="property-over-time"),
    # Names may have slashes in them.
    path("<path:property_key>/search", PropertySearchView.as_view(), name="property-search"),
    path("<path:property_key>/top-costs/query", TopCostsView.as_view(), name="property-top-costs"),
    path("<path:property_key>/top-requests/query", TopRequestsView.as_view(), name="property-top-requests"),
]
