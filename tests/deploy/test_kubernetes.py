"""The Kubernetes manifests, against the published schemas and against the program."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.log_settings import KafkaLog
from core import catalogue
from stream.kafka_client import KafkaSettings
from tests.deploy.kustomize import Manifest, build
from tests.deploy.sources import DEPLOY, ROOT, configured, only, parsed, schema

KUBERNETES = DEPLOY / "kubernetes"
BUILDS = {"base": build(KUBERNETES / "base"), "strimzi": build(KUBERNETES / "overlays" / "strimzi")}
ALL = [
    pytest.param(name, manifest, id=f"{name}-{manifest['kind']}-{manifest['metadata']['name']}")
    for name, manifests in BUILDS.items()
    for manifest in manifests
]
CORE = schema("kubernetes-1.37.0.json")
CUSTOM = {**schema("keda-2.20.2.json"), **schema("strimzi-1.2.0.json")}


# --- schemas


def strict(node: Any) -> Any:
    """Forbid fields that a resource definition doesn't have: a cluster would drop them without a word."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: strict(value) for key, value in node.items()}
    if node.get("type") == "object" and "properties" in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


def schema_of(manifest: Manifest) -> Any:
    version, kind = manifest["apiVersion"], manifest["kind"]
    if kind in CORE["kinds"]:
        return {"$ref": f"#/$defs/{CORE['kinds'][kind]}", "$defs": CORE["$defs"]}
    made = strict(CUSTOM[f"{version} {kind}"])
    made["properties"] |= {"metadata": {"type": "object", "required": ["name"]}}
    return made


def faults(manifest: Manifest) -> list[str]:
    return [
        f"{fault.json_path}: {fault.message}"
        for fault in jsonschema.Draft7Validator(schema_of(manifest)).iter_errors(manifest)
    ]


@pytest.mark.parametrize(("_build", "manifest"), ALL)
def test_every_manifest_is_what_its_schema_says(_build: str, manifest: Manifest) -> None:
    assert faults(manifest) == []


def slips(kind: str) -> Iterator[tuple[str, Any]]:
    """Places in a kind where a slip must be found: a path, and what is put there."""
    made: dict[str, list[tuple[str, Any]]] = {
        "Deployment": [("spec/replica", 2), ("spec/replicas", "two"), ("spec/template/spec/containers/0/livenessprobe", {})],
        "StatefulSet": [("spec/template/spec/securityContext/runAsNonroot", True)],
        "PodDisruptionBudget": [("spec/maxUnavailable", ["1"])],
        "NetworkPolicy": [("spec/egres", [])],
        "Namespace": [("apiVersion", "v2")],
        "ServiceAccount": [("automountServiceAccountToken", "no")],
        "Service": [("spec/clusterip", "None")],
        "ConfigMap": [("data", [])],
        "Secret": [("stringdata", {})],
        "ScaledObject": [("spec/maxReplicas", 8), ("spec/triggers/0/metadata/lagThreshold", 5000)],
        "TriggerAuthentication": [("spec/secretTargetRef/0/secret", "kafka")],
        "Kafka": [("spec/kafka/listeners/0/port", "9093"), ("spec/zookeeper", {})],
        "KafkaNodePool": [("spec/roles/0", "worker")],
        "KafkaUser": [("spec/authorization/acls/0/operations/0", "Reed")],
    }  # fmt: skip
    yield from made[kind]


SLIPS = [
    pytest.param(manifest, path, value, id=f"{manifest['kind']}-{path}")
    for manifest in {each["kind"]: each for each in BUILDS["strimzi"]}.values()
    for path, value in slips(manifest["kind"])
]


@pytest.mark.parametrize(("manifest", "path", "value"), SLIPS)
def test_a_slip_in_any_kind_is_found(manifest: Manifest, path: str, value: Any) -> None:
    broken = copy.deepcopy(manifest)
    node: Any = broken
    *parents, last = path.split("/")
    for name in parents:
        node = node[int(name)] if isinstance(node, list) else node[name]
    node[int(last) if isinstance(node, list) else last] = value
    assert faults(broken)


@pytest.mark.parametrize("directory", ["base", "overlays/strimzi"])
def test_kustomize_itself_makes_the_same(directory: str) -> None:
    binary = shutil.which("kustomize")
    if binary is None:
        pytest.skip("no kustomize here: what it would make is reckoned by tests/deploy/kustomize.py alone")
    done = subprocess.run([binary, "build", str(KUBERNETES / directory)], capture_output=True, text=True, check=True)
    text = re.sub(r"(armswatch-config)-[a-z0-9]{10}\b", r"\1", done.stdout)
    assert in_order(yaml.safe_load_all(text)) == in_order(build(KUBERNETES / directory))


def in_order(manifests: Any) -> list[Manifest]:
    return sorted(manifests, key=lambda each: (each["kind"], each["metadata"]["name"]))


# --- what the program says to them


def workloads(build_name: str) -> dict[str, Manifest]:
    found = [each for each in BUILDS[build_name] if each["kind"] in {"Deployment", "StatefulSet"}]
    return {each["metadata"]["name"]: each for each in found}


def pod(workload: Manifest) -> Any:
    return workload["spec"]["template"]["spec"]


WORKLOADS = [
    pytest.param(workload, id=f"{name}-{stage}") for name in BUILDS for stage, workload in workloads(name).items()
]


@pytest.mark.parametrize("name", BUILDS)
def test_every_stage_has_a_workload(name: str) -> None:
    asked = {stage: parsed(pod(each)["containers"][0]["args"])["only"] for stage, each in workloads(name).items()}
    assert asked == {stage: (stage,) for stage in ("ingest", "match", "alert", "archive")}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_probe_is_a_command_of_ours_that_answers_in_time(workload: Manifest) -> None:
    container = pod(workload)["containers"][0]
    for kind, ready in (("startupProbe", False), ("livenessProbe", False), ("readinessProbe", True)):
        program, *line = container[kind]["exec"]["command"]
        assert program == "armswatch"
        assert parsed(line)["ready"] is ready
        assert container[kind]["timeoutSeconds"] <= container[kind]["periodSeconds"] or kind == "startupProbe"


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_pod_runs_as_the_images_user_with_nothing_to_write_but_its_volumes(workload: Manifest) -> None:
    spec = pod(workload)
    user = int(only("USER").partition(":")[0])
    assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["fsGroup"]) == (user, user)
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["automountServiceAccountToken"] is False
    [container] = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    mounted = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert mounted.keys() >= {"/var/lib/armswatch", "/tmp", "/etc/armswatch/armswatch.yaml"}
    claims = [each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", [])]
    assert sorted(mounted.values()) == sorted([*claims, *(each["name"] for each in spec["volumes"])])


@pytest.mark.parametrize("name", BUILDS)
def test_the_stages_pods_differ_in_nothing_but_their_work(name: str) -> None:
    def alike(workload: Manifest) -> Any:
        spec = copy.deepcopy(pod(workload))
        spec.pop("topologySpreadConstraints", None)
        for key in ("args", "resources"):
            del spec["containers"][0][key]
        spec["volumes"] = [each for each in spec["volumes"] if each["name"] != "data"]
        return spec

    first, *others = map(alike, workloads(name).values())
    assert all(other == first for other in others)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_selectors_meet_their_pods(workload: Manifest) -> None:
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert workload["spec"]["selector"]["matchLabels"] == labels
    assert labels["app.kubernetes.io/component"] == workload["metadata"]["name"]


@pytest.mark.parametrize("name", BUILDS)
def test_every_stage_that_is_shared_out_keeps_all_but_one_pod_while_nodes_are_drained(name: str) -> None:
    budgets = {each["metadata"]["name"]: each["spec"] for each in BUILDS[name] if each["kind"] == "PodDisruptionBudget"}
    shared = {stage: each for stage, each in workloads(name).items() if each["kind"] == "Deployment"}
    assert budgets.keys() == shared.keys()
    for stage, workload in shared.items():
        assert budgets[stage]["selector"] == workload["spec"]["selector"]


@pytest.mark.parametrize("name", BUILDS)
def test_images_have_the_programs_version(name: str) -> None:
    images = {pod(each)["containers"][0]["image"] for each in workloads(name).values()}
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert [image.rpartition(":")[2] for image in images] == [version[1]]


# --- the configuration


def log_of(name: str, tmp_path: Path) -> KafkaLog:
    [written] = [each for each in BUILDS[name] if each["kind"] == "ConfigMap"]
    path = tmp_path / "mounted.yaml"
    path.write_text(written["data"]["armswatch.yaml"], encoding="utf-8")
    log = configured(path, tmp_path / "etc").settings.log
    assert isinstance(log, KafkaLog)
    return log


@pytest.mark.parametrize("name", BUILDS)
def test_the_configuration_loads_and_no_one_scales_beyond_its_partitions(name: str, tmp_path: Path) -> None:
    log = log_of(name, tmp_path)
    for workload in workloads(name).values():
        assert workload["spec"].get("replicas", 1) <= log.partitions
    for scaled in (each for each in BUILDS[name] if each["kind"] == "ScaledObject"):
        assert scaled["spec"]["maxReplicaCount"] == log.partitions


def test_the_brokers_are_let_through_the_network_policy(tmp_path: Path) -> None:
    ports = {
        port["port"]
        for manifest in BUILDS["base"] if manifest["kind"] == "NetworkPolicy"
        for rule in manifest["spec"]["egress"] for port in rule["ports"]
    }  # fmt: skip
    for name in BUILDS:
        (tmp_path / name).mkdir()
        servers = log_of(name, tmp_path / name).bootstrap_servers
        assert {int(server.rpartition(":")[2]) for server in servers} <= ports


def test_keda_asks_for_the_lag_of_the_group_that_the_matchers_form(tmp_path: Path) -> None:
    [scaled] = [each for each in BUILDS["strimzi"] if each["kind"] == "ScaledObject"]
    log = log_of("strimzi", tmp_path)
    settings = KafkaSettings(bootstrap_servers=tuple(log.bootstrap_servers), topic_prefix=log.topic_prefix)
    [trigger] = scaled["spec"]["triggers"]
    asked = trigger["metadata"]
    target = scaled["spec"]["scaleTargetRef"]["name"]
    assert asked["consumerGroup"] == settings.named(target)
    assert asked["topic"] == log.topic_prefix + catalogue.ITEMS
    assert asked["bootstrapServers"].split(",") == log.bootstrap_servers
    assert "replicas" not in workloads("strimzi")[target]["spec"]
    assert (asked["tls"], asked["sasl"]) == ("enable", "scram_sha512")
    assert log.sasl
    assert log.sasl.mechanism == "SCRAM-SHA-512"


def test_the_files_of_the_configuration_are_mounted_where_it_says(tmp_path: Path) -> None:
    log = log_of("strimzi", tmp_path)
    assert log.tls
    assert log.sasl
    wanted = {str(log.tls.ca), str(getattr(log.sasl, "password_file", ""))}
    for workload in workloads("strimzi").values():
        [mount] = [each for each in pod(workload)["containers"][0]["volumeMounts"] if each["name"] == "kafka"]
        [volume] = [each for each in pod(workload)["volumes"] if each["name"] == "kafka"]
        items = [item["path"] for source in volume["projected"]["sources"] for item in source["secret"]["items"]]
        assert {f"{mount['mountPath']}/{item}" for item in items} == wanted


def test_secrets_are_named_as_strimzi_names_them() -> None:
    by_kind = {each["kind"]: each for each in BUILDS["strimzi"]}
    cluster, user = by_kind["Kafka"]["metadata"]["name"], by_kind["KafkaUser"]["metadata"]["name"]
    made = {f"{cluster}-cluster-ca-cert": {"ca.crt"}, user: {"password"}}
    made |= {by_kind["Secret"]["metadata"]["name"]: set(by_kind["Secret"]["stringData"])}
    login = by_kind["TriggerAuthentication"]["spec"]["secretTargetRef"]
    asked = [(each["name"], each["key"]) for each in login]
    for workload in workloads("strimzi").values():
        for volume in pod(workload)["volumes"]:
            for source in volume.get("projected", {}).get("sources", []):
                asked += [(source["secret"]["name"], item["key"]) for item in source["secret"]["items"]]
    assert [(name, key) for name, key in asked if key not in made[name]] == []
    assert by_kind["Secret"]["stringData"]["username"] == user


def test_the_user_may_do_what_the_page_of_acls_lists_and_nothing_else() -> None:
    page = (ROOT / "docs" / "reference" / "kafka-acls.md").read_text(encoding="utf-8")
    listed = re.findall(
        r"^\| ([\w-]+) \| (\w+) \| ", page.partition("## The service")[2].partition("## A subscriber")[0], re.MULTILINE
    )
    [user] = [each for each in BUILDS["strimzi"] if each["kind"] == "KafkaUser"]
    kinds = {"transactionalId": "transactional-id"}
    granted = [
        (kinds.get(acl["resource"]["type"], acl["resource"]["type"]), operation)
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    ]
    assert listed
    assert sorted(granted) == sorted(pair for pair in listed if pair[0] != "resource")


def test_the_broker_keeps_as_many_copies_as_the_configuration_asks_for(tmp_path: Path) -> None:
    log = log_of("strimzi", tmp_path)
    by_kind = {each["kind"]: each for each in BUILDS["strimzi"]}
    assert by_kind["KafkaNodePool"]["spec"]["replicas"] >= log.replication_factor > log.min_insync_replicas
