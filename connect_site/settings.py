"""Django settings. Everything that may differ between installations comes from the environment.

Every variable read here is described in `.env.example`.
"""

from pathlib import Path

from marshmallow.validate import OneOf, Range

from connect_site import databases, unfold
from connect_site.environment import (
    POLICIES,
    ConfigurationError,
    Environment,
    bearer_token,
    collector_url,
    core_url,
    crl_file,
    ftp_url,
    host_name,
    http_origin,
    http_url,
    long_enough,
    pem_file,
    redis_url,
    signing_secret,
    take_from_files,
)
from connect_site.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent

take_from_files()
env = Environment()

# --- The installation ---------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.secret("SECRET_KEY", development_value="d" * 50 if DEBUG else None)
# Older keys, for sessions that they signed and columns that they encrypted.
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")
CREDENTIAL_PEPPER = env.secret("CREDENTIAL_PEPPER", development_value="d" * 50 if DEBUG else None)
# Older peppers, until each charger has connected once.
CREDENTIAL_PEPPER_FALLBACKS = env.listed("CREDENTIAL_PEPPER_FALLBACKS", check=long_enough)
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", check=host_name)
CSRF_TRUSTED_ORIGINS = env.listed("CSRF_TRUSTED_ORIGINS", check=http_origin)
HTTPS_ONLY = env.bool("HTTPS_ONLY", False)
# Staff who may send commands need a code of an authenticator app in addition to the password.
TOTP_REQUIRED = env.bool("TOTP_REQUIRED", False)
LOG_LEVEL = env.str(
    "LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
)
LOG_FORMAT = env.str("LOG_FORMAT", "line", validate=OneOf(["line", "json"]))

# --- Storage ------------------------------------------------------------------------------------
DATABASE = env.database("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/var/connect.sqlite3")
DATABASE_STATEMENT_TIMEOUT_S = env.int("DATABASE_STATEMENT_TIMEOUT_S", 30, validate=Range(min=0))
ALLOW_VOLATILE_STORE = env.bool("ALLOW_VOLATILE_STORE", False)
REDIS_URL = env.str("REDIS_URL", "", validate=redis_url)
# How long history is kept until `manage.py prune` deletes it; 0: for ever.
KEEP_MESSAGES_DAYS = env.int("KEEP_MESSAGES_DAYS", 90, validate=Range(min=0, max=36_500))
KEEP_EVENTS_DAYS = env.int("KEEP_EVENTS_DAYS", 90, validate=Range(min=0, max=36_500))
KEEP_METER_VALUES_DAYS = env.int("KEEP_METER_VALUES_DAYS", 0, validate=Range(min=0, max=36_500))
KEEP_HISTORY_DAYS = env.int("KEEP_HISTORY_DAYS", 365, validate=Range(min=0, max=36_500))

# --- The server process -------------------------------------------------------------------------
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=Range(min=0, max=65535))
MOST_WORKERS = 64
WORKERS = env.int("WORKERS", 1, validate=Range(min=1, max=MOST_WORKERS))
# If several processes are possible, the admin and the API get their own.
PAGES_APART = env.bool("PAGES_APART", True)
WRITER_THREADS = env.int("WRITER_THREADS", 2, validate=Range(min=1, max=64))
HTTP_THREADS = env.int("HTTP_THREADS", 8, validate=Range(min=1, max=256))
DRAIN_S = env.float("DRAIN_S", 5, validate=Range(min=0, max=300))

# --- The API ------------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 6000, validate=Range(min=0))
METRICS_OPEN = env.bool("METRICS_OPEN", False)

# --- Traces -------------------------------------------------------------------------------------
TRACES_URL = env.str("TRACES_URL", "", validate=collector_url)
TRACES_SHARE = env.float("TRACES_SHARE", 1, validate=Range(min=0, max=1))

# --- Chargers -----------------------------------------------------------------------------------
UNKNOWN_CHARGE_POINTS = env.str(
    "UNKNOWN_CHARGE_POINTS", "refuse", validate=OneOf(["refuse", "pending"])
)
CHARGER_MESSAGES_PER_SECOND = env.float(
    "CHARGER_MESSAGES_PER_SECOND", 20, validate=Range(min=0)
)  # 0: unlimited
CHARGER_BURST = env.int("CHARGER_BURST", 100, validate=Range(min=1))
CALL_TIMEOUT_S = env.float("CALL_TIMEOUT_S", 30, validate=Range(min=1, max=600))
PING_INTERVAL_S = env.float("PING_INTERVAL_S", 50, validate=Range(min=1, max=59))
PING_TIMEOUT_S = env.float("PING_TIMEOUT_S", 30, validate=Range(min=1, max=600))
HEARTBEAT_INTERVAL_S = env.int("HEARTBEAT_INTERVAL_S", 300, validate=Range(min=10, max=86400))
CA_DIRECTORY = env.str("CA_DIRECTORY", "")
# The organizations that may be named in a charger's certificate.
OPERATOR_NAMES = env.listed("OPERATOR_NAMES")
# The certificate authorities whose chargers' certificates the proxy accepts, with intermediates.
CHARGER_AUTHORITIES = env.str("CHARGER_AUTHORITIES", "", validate=pem_file)
# In addition to the revocation list of the gateway's own authority.
REVOKED_CERTIFICATES = env.str("REVOKED_CERTIFICATES", "", validate=crl_file)
CONCURRENT_TRANSACTIONS = env.bool("CONCURRENT_TRANSACTIONS", True)
BOOT_WITHIN_S = env.float("BOOT_WITHIN_S", 60, validate=Range(min=1, max=86400))
OFFLINE_GRACE_S = env.float("OFFLINE_GRACE_S", 60, validate=Range(min=0, max=3600))

# --- Files --------------------------------------------------------------------------------------
# The URL at which chargers reach /files/; the default is for a local test.
PUBLIC_URL = env.str("PUBLIC_URL", "", validate=http_url)
FTP_URL = env.str("FTP_URL", "", validate=ftp_url)
MEDIA_ROOT = env.str("FILES_DIRECTORY", str(BASE_DIR / "var" / "files"))
UPLOAD_LIMIT_MB = env.int("UPLOAD_LIMIT_MB", 50, validate=Range(min=1, max=64))

# --- Core ---------------------------------------------------------------------------------------
CORE_URL = env.str("CORE_URL", "", validate=core_url)
CORE_TOKEN = env.str("CORE_TOKEN", "", validate=bearer_token)
CORE_TIMEOUT_S = env.float("CORE_TIMEOUT_S", 3, validate=Range(min=0.1, max=10))
CORE_UNREACHABLE = env.str("CORE_UNREACHABLE", "cached_then_accept", validate=OneOf(POLICIES))
CORE_UNREACHABLE_AT_SITES = env.site_policies("CORE_UNREACHABLE_AT_SITES")
EVENTS_URL = env.str("EVENTS_URL", "", validate=core_url)
EVENTS_SECRETS = env.listed("EVENTS_SECRETS", check=signing_secret)
ALLOW_PRIVATE_ENDPOINTS = env.bool("ALLOW_PRIVATE_ENDPOINTS", False)
OCSP_RESPONDERS = env.listed("OCSP_RESPONDERS", "*", check=host_name)
OCSP_ISSUERS = env.str("OCSP_ISSUERS", "", validate=pem_file)
env.seal()

# Invalid variables have no value until `seal` raises an error.
PUBLIC_URL = PUBLIC_URL.rstrip("/") or f"http://{HOST}:{PORT}"
FTP_URL = FTP_URL.rstrip("/")
UPLOAD_LIMIT_BYTES = UPLOAD_LIMIT_MB * 1024 * 1024
if not EVENTS_URL and CORE_URL:
    EVENTS_URL = CORE_URL.rstrip("/") + "/events"
if EVENTS_URL and not EVENTS_SECRETS:
    raise ConfigurationError("EVENTS_SECRETS: required with CORE_URL or EVENTS_URL, to sign.")

if DATABASE["ENGINE"] == databases.SQLITE:
    WRITER_THREADS = 1
    DATABASES = {"default": databases.sqlite(DATABASE, base_dir=BASE_DIR)}
else:
    DATABASES = {
        "default": databases.postgresql(
            DATABASE,
            writer_threads=WRITER_THREADS,
            http_threads=HTTP_THREADS,
            statement_timeout_s=DATABASE_STATEMENT_TIMEOUT_S,
        )
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # The default socket timeout of redis-py 8, 5 s, closes a consumer that merely waits.
            "hosts": [
                {"address": REDIS_URL, "socket_timeout": 30, "socket_connect_timeout": 5},
            ],
            "prefix": "connect",
            "capacity": 1000,
        },
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

INSTALLED_APPS = [
    "unfold",  # before django.contrib.admin, because it replaces its templates
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "connect_site",  # before staticfiles, whose `runserver` serves no chargers
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "chargepoints",
    "core_link",
    "ocpp_v16",
    "ocpp_v201",
    "ocpp_v21",
]

# The versions of OCPP that are spoken, in the server's order of preference.
OCPP_VERSIONS = {
    "ocpp2.1": "ocpp_v21.version.VERSION",
    "ocpp2.0.1": "ocpp_v201.version.VERSION",
    "ocpp1.6": "ocpp_v16.version.VERSION",
}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "connect_site.content_security.content_security",
    "connect_site.static_files.StaticFiles",
    "connect_site.nul_characters.refuse_nul_characters",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "chargepoints.admin.fragments.fragments",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chargepoints.admin.second_factor.second_factor",
    "chargepoints.admin.times.LocalTimes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "connect_site.database_unavailable.DatabaseUnavailable",
]
ROOT_URLCONF = "connect_site.urls"
ASGI_APPLICATION = "connect_site.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Templates here override those of unfold, the first application.
        "DIRS": [BASE_DIR / "connect_site" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "connect_site.unfold_templates.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The name that an authenticator app shows.
OTP_TOTP_ISSUER = "Connect"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "connect_site.formats"
USE_TZ = True

# WhiteNoise serves the applications' own static directories: no collectstatic, no network.
STATIC_URL = "/static/"
# Files here override those of unfold.
STATICFILES_DIRS = [BASE_DIR / "connect_site" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_SSL_REDIRECT = HTTPS_ONLY
CSRF_FAILURE_VIEW = "chargepoints.admin.error_pages.out_of_date"
X_FRAME_OPTIONS = "DENY"

# The API's views define their own authentication, parsers and renderers.
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Only JSON exists, so `format` is an unknown parameter like any other.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Connect",
    "DESCRIPTION": "What core may ask of the gateway; under `webhooks`, what core is asked.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "/", "description": "The gateway that serves this document."}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "WEBHOOKS": [
        "core_link.webhooks.AUTHORIZE",
        "core_link.webhooks.BOOT",
        "core_link.webhooks.DATA_TRANSFER",
        "core_link.webhooks.SIGN_CERTIFICATE",
        "core_link.webhooks.ISO15118_CERTIFICATE",
        "core_link.webhooks.CERTIFICATE_STATUS",
        "core_link.webhooks.VAT_NUMBER",
        "core_link.webhooks.RECEIPT",
        "core_link.webhooks.EVENTS",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "core_token": {"type": "http", "scheme": "bearer", "description": "CORE_TOKEN"}
        }
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chargepoints.api.document.refuse_other_fields",
        "chargepoints.api.document.add_command_types",
        "chargepoints.api.event_schemas.add_event_types",
        "chargepoints.api.examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AuthorizationStatus": "chargepoints.models.AuthorizationStatus",
        "CommandState": "chargepoints.models.Command.State",
        "ConnectorStatus": "chargepoints.models.Status",
    },
    # The descriptions would only repeat each value with a capital letter.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "persistAuthorization": True,
        # The validator would be a server on the internet.
        "validatorUrl": None,
    },
    "SERVE_INCLUDE_SCHEMA": False,
}
# The function that starts the exporter of spans.
SPAN_EXPORTER = "connect_site.tracing.start"
# Functions that yield the metric families that /metrics counts in the database.
METRICS_GAUGES = [
    "chargepoints.observability.gauges.gauges",
    "chargepoints.services.certificates.gauges.gauges",
    "chargepoints.services.health.gauges.gauges",
    "core_link.gauges.gauges",
]

# Functions that yield further lines of a charge point's story, given the time span.
STORY_LINES = ["core_link.story_lines.lines"]

UNFOLD = unfold.SETTINGS
LOGIN_REDIRECT_URL = "admin:index"

LOGGING = logging_settings(LOG_LEVEL, LOG_FORMAT)
