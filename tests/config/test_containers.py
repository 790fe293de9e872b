"""What can be known of the container files without building them."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ["migrate", "web", "worker", "beat"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRET = re.compile(r"KEY|PASSWORD|DATABASE_URL")


class TestCompose:
    def test_has_every_part(self) -> None:
        assert set(SERVICES) == {"postgres", "valkey", "mail", *OURS}

    @pytest.mark.parametrize("name", sorted(SERVICES))
    def test_images_are_pinned(self, name: str) -> None:
        service = SERVICES[name]
        assert "build" in service or re.search(r":v?\d", service["image"])

    @pytest.mark.parametrize("name", sorted(SERVICES))
    def test_no_secret_stands_in_it(self, name: str) -> None:
        secrets = {key: value for key, value in SERVICES[name].get("environment", {}).items() if SECRET.search(key)}
        assert all("${" in value and ":?" in value for value in secrets.values())

    @pytest.mark.parametrize("name", OURS)
    def test_gives_what_settings_have_no_default_for(self, name: str) -> None:
        required = set(re.findall(r'env(?:\.\w+)?\("(\w+)"\)', (ROOT / "config" / "settings.py").read_text()))
        required -= {"EMAIL_URL"}  # read only where it is set
        assert required == {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"}
        assert required | {"ALLOWED_HOSTS"} <= set(SERVICES[name]["environment"])

    @pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate", "beat", "web"}))
    def test_has_a_health_check(self, name: str) -> None:
        assert SERVICES[name]["healthcheck"]["test"]

    @pytest.mark.parametrize("name", ["web", "worker", "beat"])
    def test_waits_for_migrations(self, name: str) -> None:
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"

    @pytest.mark.parametrize("name", OURS)
    def test_runs_what_there_is(self, name: str) -> None:
        command = SERVICES[name].get("command")
        if command and command[0] == "python":
            assert (ROOT / command[1]).exists()
        elif command:
            assert command[0] == "celery"
            assert find_spec(command[command.index("-A") + 1] + ".celery")

    def test_only_the_owner_migrates(self) -> None:
        assert "//owner:" in SERVICES["migrate"]["environment"]["DATABASE_URL"]
        assert all("//app:" in SERVICES[name]["environment"]["DATABASE_URL"] for name in ("web", "worker", "beat"))

    def test_the_app_may_not_truncate(self) -> None:
        script = COMPOSE["configs"]["roles"]["content"]
        granted = re.findall(r"GRANT ([A-Z, ]+) ON TABLES TO app", script)
        assert granted == ["SELECT, INSERT, UPDATE, DELETE"]

    @pytest.mark.parametrize("name", sorted(SERVICES))
    def test_ports_are_open_on_this_machine_only(self, name: str) -> None:
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


class TestDockerfile:
    def test_runs_as_an_ordinary_user_with_a_health_check(self) -> None:
        last_stage = DOCKERFILE.split("\nFROM ")[-1]
        assert re.search(r"^USER app$", last_stage, re.M)
        assert re.search(r"^HEALTHCHECK ", last_stage, re.M)

    def test_installs_what_is_locked(self) -> None:
        assert "--require-hashes -r /requirements.txt" in DOCKERFILE
        assert "COPY requirements/run.txt" in DOCKERFILE

    def test_has_the_python_of_the_project(self) -> None:
        version = (ROOT / ".python-version").read_text().strip()
        assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) == {f"python:{version}-slim"}

    def test_serves_what_there_is(self) -> None:
        assert '"gunicorn", "config.wsgi"' in DOCKERFILE
        assert find_spec("config.wsgi")


class TestLocks:
    @pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
    def test_name_no_machine_and_no_index(self, name: str) -> None:
        text = (ROOT / "requirements" / name).read_text()
        assert not re.search(r"://|index-url|find-links|^ *#.* /", text, re.M)

    def test_dev_has_every_pin_of_run(self) -> None:
        run, dev = (pins(ROOT / "requirements" / name) for name in ("run.txt", "dev.txt"))
        assert run <= dev

    def test_hold_every_dependency(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        names = {re.split(r"[\[~<>=;]", line)[0] for line in project["project"]["dependencies"]}
        assert names <= {pin.split("==")[0] for pin in pins(ROOT / "requirements" / "run.txt")}


def pins(path: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", path.read_text(), re.M))
