"""Every setting, read from the environment; environments differ by variables alone.

The table in docs/settings.md lists each variable with its default and meaning.
"""

import sys
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from axiom import sso
from axiom.logs import join_structlog, logging_settings
from axiom.navigation import UNFOLD  # noqa: F401 - Unfold reads it here
from axiom.rest import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - so do their libraries
from axiom.schedule import SCHEDULE
from foundation.crypto.sources import load_root_keys
from foundation.env import Environment, EnvironmentInvalid

django_stubs_ext.monkeypatch()

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
GUIDE_DIR = BASE_DIR / "guide"
DATA_DIR = env.path("AXIOM_DATA", BASE_DIR / "data").absolute()
HOST = env.text("AXIOM_HOST", "127.0.0.1")
PORTAL_PORT = env.integer("AXIOM_PORTAL_PORT", 8000, minimum=1, maximum=65535)
GATEWAY_PORT = env.integer("AXIOM_GATEWAY_PORT", 8080, minimum=1, maximum=65535)

DEBUG = env.flag("DEBUG", default=False)
TESTING = "pytest" in sys.modules


def _kept(name: str, file: Path, command: str) -> str:
    """Take a secret from the environment, else from the file that the first start made."""
    given = env.secret(name, "")
    if given:
        return given
    if file.is_file():
        return file.read_text().strip()
    raise EnvironmentInvalid(name, f"is not set and {file.name} is not there yet: run `{command}`")


# Keys. The first start creates both files, readable by their owner only.
SECRET_KEY = _kept("SECRET_KEY", DATA_DIR / "secret.key", "make run")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])
ENCRYPTION_KEY = env.secret("ENCRYPTION_KEY", "")
KEY_SOURCE = env.choice("AXIOM_KEY_SOURCE", ("env", "file"), "env" if ENCRYPTION_KEY else "file")
ROOT_KEYS = load_root_keys(KEY_SOURCE, env_value=ENCRYPTION_KEY, path=DATA_DIR / "root.key")

# The embedded default is one machine that nobody else reaches.
LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", LOOPBACK_NAMES)
EMBEDDED = set(ALLOWED_HOSTS) <= set(LOOPBACK_NAMES)
EGRESS_ALLOW_LOOPBACK = env.flag("AXIOM_EGRESS_ALLOW_LOOPBACK", default=EMBEDDED or DEBUG)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
HTTPS = env.flag("AXIOM_HTTPS", default=not EMBEDDED)
# Proxies of our own in front of the portal: as many entries of X-Forwarded-For are believed.
TRUSTED_PROXIES = env.integer("AXIOM_TRUSTED_PROXIES", int(HTTPS), minimum=0, maximum=9)
GATEWAY_URL = env.text("AXIOM_GATEWAY_URL", f"http://{HOST}:{GATEWAY_PORT}")
GATEWAY_INSIDE_URL = env.text("AXIOM_GATEWAY_INSIDE_URL", GATEWAY_URL).rstrip("/")

_OUTER = f"https://{ALLOWED_HOSTS[0]}" if HTTPS else f"http://{HOST}:{PORTAL_PORT}"
PORTAL_URL = env.text("AXIOM_PORTAL_URL", _OUTER).rstrip("/")  # where links in mails lead

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "axiom.apps.AxiomConfig",
    "gateway",
    "usage",
    "providers",
    "accounts",
    "axiom.apps.AxiomAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "rest_framework",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "axiom.middleware.CompressionMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axiom.middleware.RequestContextMiddleware",
    "accounts.middleware.RefusalsMiddleware",
    "accounts.middleware.BarrierMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "axiom.urls"
WSGI_APPLICATION = "axiom.wsgi.application"
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
            ],
        },
    },
]

# Records
DATABASES = {"default": env.database("DATABASE_URL", DATA_DIR / "db.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Several processes write: a transaction takes its place in line when it begins.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
        "PRAGMA secure_delete=ON",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.secret("REDIS_URL", "")
REDIS_SOCKET = env.text("AXIOM_REDIS_SOCKET", str(DATA_DIR / "valkey" / "valkey.sock"))
REDIS_ADDRESS = REDIS_URL or f"unix://{REDIS_SOCKET}"

# Programs of the operator's own
CLAUDE_PATH = env.path("AXIOM_CLAUDE_PATH", None)  # what the kind Claude CLI runs

# Work in the background
CELERY_BEAT_SCHEDULE = SCHEDULE
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{REDIS_SOCKET}"
USAGE_SPOOL_DIR = DATA_DIR / "spool"
GATEWAY_SERVES_UNRECORDED = env.flag("AXIOM_GATEWAY_SERVES_UNRECORDED", default=False)
LEDGER_BY_WORKER = env.flag("AXIOM_LEDGER_BY_WORKER", default=True)
GATEWAY_DRAIN_S = env.integer("AXIOM_GATEWAY_DRAIN_SECONDS", 2, minimum=0, maximum=3600)
GATEWAY_MAX_BODY_BYTES = env.integer("AXIOM_GATEWAY_MAX_BODY_MB", 32, minimum=1) * 1_048_576

# People
AUTH_USER_MODEL = "accounts.User"
ANONYMOUS_USER_NAME = None
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
SIGN_IN_FAILURES_OF_ACCOUNT = 20  # from wherever
SIGN_IN_FAILURES_OF_ADDRESS = 50  # of whomever
AXES_HANDLER = "accounts.throttling.SignInHandler"
AXES_USERNAME_CALLABLE = "accounts.sign_in.counted_as"
AXES_CLIENT_IP_CALLABLE = "accounts.sign_in.client_address"
AXES_LOCKOUT_TEMPLATE = "lockout.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False
PASSWORD_RESET_TIMEOUT = 3600  # seconds
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Authenticator apps, passkeys and a company's identity provider, where AXIOM_SSO asks for them
SSO = False
SSO_STAFF_NEED_SECOND_STEP = False
OIDC: dict[str, str] | None = None
OIDC_NEWCOMERS: tuple[str, str] | None = None
OIDC_SEND = "axiom.identity.send"
OIDC_TRUSTS_EMAIL = False
globals().update(sso.settings_of(env, redis_url=REDIS_URL))
if SSO:
    INSTALLED_APPS += sso.APPS
    MIDDLEWARE += sso.MIDDLEWARE
    TEMPLATES[0]["OPTIONS"]["context_processors"] += [sso.CONTEXT_PROCESSOR]  # type: ignore[index]

# Mail: invitations, links for a new password, notices
globals().update(env.mail_server("AXIOM_SMTP_URL"))
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("AXIOM_MAIL_FROM", "Axiom <axiom@localhost>")

# Browsers
SESSION_COOKIE_NAME = f"axiom_session_{PORTAL_PORT}"  # two installations on one host don't mix
CSRF_COOKIE_NAME = f"axiom_csrf_{PORTAL_PORT}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [
            SELF,
            UNSAFE_EVAL,
        ],  # Alpine, which Unfold stands on, compiles its attributes
        "style-src": [SELF, UNSAFE_INLINE],  # Unfold writes its colours into the page
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# Words, numbers, times
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "axiom" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG or TESTING
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

join_structlog()
LOGGING = logging_settings(
    level=env.text("AXIOM_LOG_LEVEL", "INFO").upper(),
    form=env.choice("AXIOM_LOG_FORMAT", ("line", "json"), "line"),
)
