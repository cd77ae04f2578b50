from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "limits_app"
    verbose_name = "Limits"
