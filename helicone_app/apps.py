from django.apps import AppConfig


class HeliconeAppConfig(AppConfig):
    name = "helicone_app"
