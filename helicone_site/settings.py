"""Settings. Everything that differs between installations comes from the environment; see docs/settings.md."""

import os
from importlib.util import find_spec
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from helicone_site import datadir

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return value in {"1", "true", "yes", "on"} if value else default


def _list(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


DATA_DIR = datadir.data_dir()
DATABASE_URL = os.environ.get("DATABASE_URL") or datadir.embedded_database_url()
REDIS_URL = os.environ.get("REDIS_URL") or datadir.embedded_redis_url()

SECRET_KEY = datadir.secret_key()
# The key before it, until `manage.py rotate_secret_key` has been run: what it signed and encrypted is still accepted.
SECRET_KEY_FALLBACKS = [key for key in (os.environ.get("HELICONE_PREVIOUS_SECRET_KEY"),) if key]
DEBUG = _flag("DJANGO_DEBUG")
# The product is reached by whatever name its users give the machine; a fixed list would break the
# one-command start. Set HELICONE_ALLOWED_HOSTS when it is exposed beyond a private network.
ALLOWED_HOSTS = _list("HELICONE_ALLOWED_HOSTS") or ["*"]
CSRF_TRUSTED_ORIGINS = _list("HELICONE_TRUSTED_ORIGINS")
# Where people reach the pages: for links in mails and messages, which no request tells it to.
_host = os.environ.get("HOST") or "127.0.0.1"
SITE_URL = (
    os.environ.get("HELICONE_SITE_URL", "").strip().rstrip("/")
    or f"http://{'localhost' if _host in {'0.0.0.0', '::'} else _host}:{os.environ.get('PORT') or '8585'}"  # noqa: S104
)

INSTALLED_APPS = [
    "helicone_site",
    "accounts_app",
    "limits_app",
    "gateway_app",
    "ingest_app",
    "providers_app",
    "prompts_app",
    "requests_app",
    "sessions_app",
    "metrics_app",
    "alerts_app",
    "datasets_app",
    "helicone_app",
    "mcp_app",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "helicone_site.static.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "helicone_site.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "helicone_site.urls"
ASGI_APPLICATION = "helicone_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "helicone_site.context_processors.shell",
            ],
        },
    }
]

_database = conninfo_to_dict(DATABASE_URL)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.pop("dbname", "helicone"),
        "USER": _database.pop("user", ""),
        "PASSWORD": _database.pop("password", ""),
        "HOST": _database.pop("host", ""),
        "PORT": _database.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,  # a connection from the pool may be older than the server
        # Under ASGI every request runs in a thread of its own, so connections live in a pool, not in threads.
        "OPTIONS": {**_database, "pool": {"min_size": 1, "max_size": 16, "timeout": 10}},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "helicone:cache",
    }
}

# The stream holds at most this much while the database is away; what comes then goes to the spool on disk.
STREAM_MAX_BYTES = int(os.environ.get("HELICONE_STREAM_MIB", "512")) << 20

# Whether bodies are encrypted from now on (docs/security.md). What is stored already is read in either form.
ENCRYPT_BODIES = _flag("HELICONE_ENCRYPT_BODIES")

# Where the messages, tools and images that bodies share are kept (ingest_app.bodies)
BODY_STORE = os.environ.get("HELICONE_BODY_STORE", "postgres")
S3_BUCKET = os.environ.get("HELICONE_S3_BUCKET", "")
S3_ENDPOINT = os.environ.get("HELICONE_S3_ENDPOINT", "")
S3_REGION = os.environ.get("HELICONE_S3_REGION", "us-east-1")
S3_ACCESS_KEY = os.environ.get("HELICONE_S3_ACCESS_KEY", "")
S3_SECRET_KEY = os.environ.get("HELICONE_S3_SECRET_KEY", "")
if BODY_STORE not in {"postgres", "s3"}:
    raise ImproperlyConfigured(f"HELICONE_BODY_STORE is {BODY_STORE!r}; it can be postgres or s3")
if BODY_STORE == "s3" and not S3_BUCKET:
    raise ImproperlyConfigured("HELICONE_BODY_STORE=s3 needs HELICONE_S3_BUCKET")
if BODY_STORE == "s3" and find_spec("boto3") is None:
    raise ImproperlyConfigured("HELICONE_BODY_STORE=s3 needs boto3: .venv/bin/pip install boto3")

# Accounts
AUTH_USER_MODEL = "accounts_app.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts_app.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a reset asked for a stranger mails nobody
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Helicone] "
OPEN_SIGNUP = _flag("HELICONE_OPEN_SIGNUP")

# Mail: without a server, messages (password resets, notices, reports) are printed in the log of their process.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _flag("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "helicone@localhost")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
)

# Security. Cookies get Secure as soon as the site is known to be behind TLS.
BEHIND_TLS = _flag("HELICONE_BEHIND_TLS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SESSION_COOKIE_NAME = "helicone_session"
CSRF_COOKIE_NAME = "helicone_csrf"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}


def _rate(name: str, default: str) -> tuple[int, int]:
    """Returns how many calls in how many seconds, of `600/min`."""
    number, _, period = os.environ.get(name, default).strip().partition("/")
    seconds = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600}.get(period.strip() or "min")
    if not number.strip().isdecimal() or int(number) == 0 or seconds is None:
        raise ImproperlyConfigured(f"{name} is {os.environ[name]!r}; write it as 600/min (or /s, /hour)")
    return int(number), seconds


# REST
API_RATE = _rate("HELICONE_API_RATE", "600/min")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts_app.authentication.ApiKeyAuthentication",
        "accounts_app.authentication.OrganizationSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts_app.authentication.CanRead"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts_app.throttling.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["helicone_site.json_parser.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
# /-/metrics
METRICS_TOKEN = os.environ.get("HELICONE_METRICS_TOKEN", "").strip()
METRICS_ORGANIZATIONS = _flag("HELICONE_METRICS_ORGANIZATIONS")
if METRICS_ORGANIZATIONS and not METRICS_TOKEN:
    raise ImproperlyConfigured("HELICONE_METRICS_ORGANIZATIONS needs HELICONE_METRICS_TOKEN")

SPECTACULAR_SETTINGS = {
    "TITLE": "Helicone API",
    "DESCRIPTION": "What was logged, read and annotated: our own API below `/api/`, and Helicone's below `/v1/`. "
    "Authenticate with an API key: `Authorization: Bearer sk-helicone-…`.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": None,
    # The browser's session is for the try-it page only.
    "AUTHENTICATION_WHITELIST": ["accounts_app.authentication.ApiKeyAuthentication"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True, "docExpansion": "none"},
    "ENUM_NAME_OVERRIDES": {
        "AlertMetricEnum": "alerts_app.rules.models.Metric",
        "QuantilesMetricEnum": "helicone_app.metrics.serializers.QUANTILES",
        "RateLimitUnitEnum": "limits_app.models.UNITS",
        "HeliconeRateLimitUnitEnum": "helicone_app.rate_limits.api.UNITS",
    },
    "PREPROCESSING_HOOKS": ["drf_spectacular.hooks.preprocess_exclude_path_format"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "helicone_site.api_schema.describe_refusals",
        "helicone_site.api_schema.group_by_address",
    ],
}

# Pages
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "helicone_site.static.StaticStorage"},
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"expected": {"()": "helicone_site.logs.ExpectedAnswers"}},
    "formatters": {"console": {"()": "helicone_site.logs.formatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "console", "filters": ["expected"]},
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "uvicorn.access": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},  # it tells every address, and a link to bodies is a secret
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},
        "apprise": {
            "level": "WARNING",
            "propagate": False,
        },  # heard by alerts_app.notices; it may tell secrets
    },
}
