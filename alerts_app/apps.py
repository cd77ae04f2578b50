from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts_app"
    verbose_name = "Alerts"
