"""Settings: everything that differs between machines comes from the environment, and the defaults are the safe ones."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import pghistory
from django.core.exceptions import ImproperlyConfigured

from . import broker

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = Path(env("LOCAL_DIR", default=str(BASE_DIR / ".local")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
# The embedded database alone opens what eases a trial on this machine; config.local says so, nobody else.
EMBEDDED = env.bool("EMBEDDED_DATABASE", default=False)
PLAIN_HTTP = env.bool("PLAIN_HTTP", default=EMBEDDED)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- what it is made of

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "import_export",
    "pgtrigger",
    "pghistory",
    "transitions.clock",
    "transitions.access",
    "transitions.outbox",
    "transitions.workflow",
    "transitions.reminders",
    "transitions.status",
    "transitions.missions",
    "transitions.calendar",
    "transitions.handovers",
    "benchmarks",
]
MIDDLEWARE = [
    "config.logs.RequestLog",
    "config.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "access.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],  # what every admin page shows, before unfold's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "transitions.clock.present.rehearsal_banner",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- where things are kept

DATABASES: dict[str, Any] = {"default": env.db("DATABASE_URL")}
_database = DATABASES["default"]
# a Unix socket stands in the query of the address; dbshell and others look for it in HOST
_database["HOST"] = _database.get("OPTIONS", {}).pop("host", "") or _database["HOST"]
_database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
_database |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}

REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(LOCAL_DIR / "media")))
MEDIA_URL = "media/"  # evidence is never served from here: a view asks first who may see it
STATIC_URL = "static/"
# where files were collected (the container) their names carry a hash and they are kept for ever; else they are found
STATIC_ROOT = env("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- e-mail: SMTP where EMAIL_URL says so, else files, one for each batch


def _mail() -> dict[str, Any]:
    if not env("EMAIL_URL", default=""):
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(LOCAL_DIR / "mail"),
        }
    given: dict[str, Any] = env.email_url("EMAIL_URL")
    usual_port = 465 if given.get("EMAIL_USE_SSL") else 587 if given.get("EMAIL_USE_TLS") else 25
    return given | {"EMAIL_PORT": given["EMAIL_PORT"] or usual_port}


globals().update(_mail())
EMAIL_TIMEOUT = 20
MAIL_DOMAIN = env("MAIL_DOMAIN", default="transitions.localhost" if EMBEDDED else "localhost")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"Transition readiness <transitions@{MAIL_DOMAIN}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- chat and webhooks: out to the internet, never inside the network that this runs in, but for hosts named here

OUTGOING_HOSTS = env.list("OUTGOING_HOSTS", default=[])
CHAT_SCHEMAS = env.list(
    "CHAT_SCHEMAS",
    default=["slack", "workflows", "workflow", "mmosts", "mmost", "matrixs", "matrix", "rockets", "rocket",
             "nctalks", "nctalk", "signals", "signal", "tgram", "discord", "zulip", "webex", "gchat"],
)  # fmt: skip

# what links in messages begin with
SITE_URL = env("SITE_URL", default=f"http://127.0.0.1:{env('PORT', default='8000')}" if EMBEDDED else "").rstrip("/")

# --- who comes in, and how

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "status:my_week"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else env.int("HSTS_SECONDS", default=365 * 24 * 3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PLAIN_HTTP
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not PLAIN_HTTP
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
# only a proxy that sets (and strips) this header may be believed, so nobody is until it is named: X-Forwarded-Proto
if proxy_header := env("SECURE_PROXY_HEADER", default=""):
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + proxy_header.upper().replace("-", "_"), "https")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["transitions.access.tokens.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.paging.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "transitions.workflow.problems.handle",
}
_token_days = env.int("TOKEN_DAYS", default=0)
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(days=_token_days) if _token_days else None,
    "SECURE_HASH_ALGORITHM": "hashlib.sha512",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Transition readiness",
    "DESCRIPTION": "Where the transitions of peace operations stand, what blocks them, and who has to do what next.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ReadinessClass": "benchmarks.models.ReadinessClass",
        "JudgedClass": "benchmarks.models.assessments.JUDGED",
        "Met": "benchmarks.api_fields.MET",
        "BasisOfBenchmark": "benchmarks.api_rows.BASIS",
        "BasisOfDate": "benchmarks.api_fields.BASIS_OF_DATE",
    },
}
# whoever changes a field, in the admin, the API, an import or a console, leaves the same trail; so does who deletes
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")  # a GET changes nothing, and opens no session for it
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True
UNFOLD = {
    "SITE_TITLE": "Transition readiness",
    "SITE_HEADER": "Transition readiness",
    "SITE_URL": "/",
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
    "DASHBOARD_CALLBACK": "transitions.status.my_week.dashboard",
}

# --- work outside requests: the truth is in PostgreSQL, so what the broker loses is made good by the next round

CELERY_BROKER_URL = broker.for_celery(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
# a round that nobody took before the next one is due is dropped, so that no backlog piles up
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "transitions.reminders.tasks.sweep", "schedule": 300, "options": {"expires": 300}},
    **{
        f"deliver_{channel}": {
            "task": "transitions.outbox.tasks.deliver",
            "schedule": 10,
            "args": [channel],
            "options": {"expires": 10},
        }
        for channel in ("email", "chat", "webhook")
    },
}

LOG_LEVEL = env("LOG_LEVEL", default="INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"context": {"()": "config.logs.Context"}},
    "formatters": {"json": {"()": "config.logs.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["context"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "config": {"level": LOG_LEVEL},
        "transitions": {"level": LOG_LEVEL},
        "benchmarks": {"level": LOG_LEVEL},
        "apprise": {"handlers": ["nowhere"], "propagate": False},  # quotes tokens; the message keeps what it says
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},  # 4xx have their line already
    },
}

if not DEBUG and SECRET_KEY.startswith("django-insecure"):
    raise ImproperlyConfigured("SECRET_KEY is one of Django's examples: make another.")
