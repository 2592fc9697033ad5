"""The Compose file, against the published schema and against the program."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from config.log_settings import KafkaLog
from tests.deploy.sources import DEPLOY, ROOT, configured, documents, only, parsed, schema

[COMPOSE] = documents(DEPLOY / "compose.yaml")
SCHEMA = schema("compose-spec.json")
SERVICES: dict[str, Any] = COMPOSE["services"]
STAGES = {name: service for name, service in SERVICES.items() if name != "kafka"}


def faults(compose: Any) -> list[str]:
    return [fault.message for fault in jsonschema.Draft7Validator(SCHEMA).iter_errors(compose)]


def test_it_is_what_the_specification_says() -> None:
    assert faults(COMPOSE) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("readonly", True),
        ("healthcheck", {"test": 1}),
        ("depends_on", {"kafka": {"condition": "service_wealthy"}}),
        ("cap_drop", "ALL"),
        ("command", 7),
    ],
)
def test_a_slip_is_found(key: str, value: Any) -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["match"][key] = value
    assert faults(broken)


def test_every_stage_is_a_service() -> None:
    asked = {name: parsed(service["command"])["only"] for name, service in STAGES.items()}
    assert asked == {stage: (stage,) for stage in ("ingest", "match", "alert", "archive")}


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_runs_as_the_images_user_with_nothing_to_write_but_its_volume(name: str) -> None:
    service = STAGES[name]
    assert service["user"] == only("USER")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [each.partition(":")[0] for each in service["tmpfs"]] == ["/tmp"]
    written = [volume for volume in service["volumes"] if not volume.endswith(":ro")]
    assert written == [f"{name}-data:{only('VOLUME')}"]


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_waits_for_a_broker_that_is_well_and_tells_how_it_is_itself(name: str) -> None:
    service = STAGES[name]
    assert service["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert SERVICES["kafka"]["healthcheck"]["test"]
    kind, program, *line = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "armswatch")
    assert parsed(line) == {"directory": None, "ready": False}


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_to_a_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].rpartition(":")
    assert re.fullmatch(r"\d+\.\d+\.\d+", tag)


def test_the_image_has_the_programs_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert {service["image"] for service in STAGES.values()} == {f"armswatch:{version[1]}"}


def test_every_named_volume_is_used_and_every_mounted_file_is_there() -> None:
    sources = [volume.partition(":")[0] for service in SERVICES.values() for volume in service["volumes"]]
    assert {each for each in sources if not each.startswith(".")} == set(COMPOSE["volumes"])
    assert all((DEPLOY / each).is_file() for each in sources if each.startswith("."))
    build = STAGES["match"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_the_configuration_loads_and_names_the_broker_as_it_names_itself(tmp_path: Path) -> None:
    log = configured(DEPLOY / "compose" / "armswatch.yaml", tmp_path / "etc").settings.log
    assert isinstance(log, KafkaLog)
    told = SERVICES["kafka"]["environment"]
    assert f"PLAINTEXT://{log.bootstrap_servers[0]}" in told["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert (log.replication_factor, log.min_insync_replicas) == (1, 1)


def test_nothing_is_offered_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)
