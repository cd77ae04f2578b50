from django.apps import AppConfig
from django.urls import register_converter


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self) -> None:
        from sessions_app.session_ids import SessionIdConverter

        register_converter(SessionIdConverter, "session_id")
