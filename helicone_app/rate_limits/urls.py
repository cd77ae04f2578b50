"""`/v1/rate-limits/`"""

from django.urls import path

from helicone_app.rate_limits.api import RateLimitView

urlpatterns = [
    path("<str:rule_id>", RateLimitView.as_view(), name="rate-limit"),
]
