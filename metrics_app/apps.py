from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics_app"
    verbose_name = "Metrics"
