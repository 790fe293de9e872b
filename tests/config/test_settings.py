"""Settings as production reads them: in a process of its own, with an environment that says little."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import broker

ROOT = Path(__file__).resolve().parents[2]
LEAST = {"SECRET_KEY": "k" * 60, "DATABASE_URL": "postgres://a:b@db/c", "REDIS_URL": "redis://broker:6379/0"}
READ = """
import json, sys
from config import settings
print(json.dumps({name: getattr(settings, name, None) for name in sys.argv[1:]}, default=str))
"""


def read(*names: str, without: str = "", **environment: str) -> dict[str, Any]:
    given = {"PATH": os.environ["PATH"], **LEAST, **environment}
    given.pop(without, None)
    output = subprocess.run([sys.executable, "-c", READ, *names], cwd=ROOT, env=given, capture_output=True, text=True)
    assert output.returncode == 0, output.stderr
    found: dict[str, Any] = json.loads(output.stdout)
    return found


class TestProduction:
    def test_is_safe_when_nothing_is_said(self) -> None:
        names = [
            "DEBUG", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
            "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER",
        ]  # fmt: skip
        assert read(*names) == {
            "DEBUG": False, "ALLOWED_HOSTS": [], "SECURE_SSL_REDIRECT": True, "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True, "SECURE_HSTS_SECONDS": 365 * 24 * 3600, "SECURE_PROXY_SSL_HEADER": None,
        }  # fmt: skip

    @pytest.mark.parametrize("name", sorted(LEAST))
    def test_what_has_no_safe_default_must_be_said(self, name: str) -> None:
        with pytest.raises(AssertionError, match=f"Set the {name} environment variable"):
            read("DEBUG", without=name)


class TestTrial:
    def test_only_the_embedded_database_opens_plain_http(self) -> None:
        assert read("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", EMBEDDED_DATABASE="1") == {
            "SECURE_SSL_REDIRECT": False,
            "SECURE_HSTS_SECONDS": 0,
            "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        }

    def test_a_socket_in_the_address_of_the_database_is_its_host(self) -> None:
        url = "postgres://postgres@/postgres?host=/A%20long/Path"
        assert read("DATABASES", DATABASE_URL=url)["DATABASES"]["default"]["HOST"] == "/A long/Path"


class TestMail:
    def test_goes_to_files_by_default(self) -> None:
        found = read("EMAIL_BACKEND", "EMAIL_FILE_PATH", LOCAL_DIR="/some/where")
        assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
        assert found["EMAIL_FILE_PATH"] == "/some/where/mail"

    @pytest.mark.parametrize(
        ("url", "host", "port", "tls"),
        [
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, None),
            ("smtp://relay", "relay", 25, None),
            ("smtp+tls://name:secret@relay", "relay", 587, True),
        ],
    )
    def test_goes_where_the_address_says(self, url: str, host: str, port: int, tls: bool | None) -> None:
        found = read("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", EMAIL_URL=url)
        assert found.pop("EMAIL_BACKEND").endswith("smtp.EmailBackend")
        assert found == {"EMAIL_HOST": host, "EMAIL_PORT": port, "EMAIL_USE_TLS": tls}


class TestBroker:
    @pytest.mark.parametrize(
        ("url", "celery", "ninth"),
        [
            ("unix:///l/valkey.sock", "redis+socket:///l/valkey.sock?virtual_host=0", "unix:///l/valkey.sock?db=9"),
            ("unix:///l/v.sock?db=3", "redis+socket:///l/v.sock?virtual_host=3", "unix:///l/v.sock?db=9"),
            ("redis://valkey:6379/0", "redis://valkey:6379/0", "redis://valkey:6379/9"),
        ],
    )
    def test_one_address_in_every_form(self, url: str, celery: str, ninth: str) -> None:
        assert broker.for_celery(url) == celery
        assert broker.numbered(url, 9) == ninth
