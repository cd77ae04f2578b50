from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "prompts_app"
    verbose_name = "Prompts"
