"""What kustomize makes of a directory, as far as ours use it: so that no binary is needed to check the outcome.

A test holds it to the real one wherever that is installed. Names of generated ConfigMaps are without their hash.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.sources import documents

_KEYS = {
    "apiVersion", "kind", "namespace", "resources", "components", "configMapGenerator", "patches", "images"
}  # fmt: skip
_CLUSTER_WIDE = {"Namespace"}

Manifest = dict[str, Any]


def build(directory: Path) -> list[Manifest]:
    """Give every manifest that applying the directory would bring about."""
    return _build(directory, [])


def _build(directory: Path, before: list[Manifest]) -> list[Manifest]:
    [told] = documents(directory / "kustomization.yaml")
    assert not told.keys() - _KEYS, f"not understood: {told.keys() - _KEYS}"
    made = list(before)
    for name in told.get("resources", []):
        path = directory / name
        made += _build(path, []) if path.is_dir() else copy.deepcopy(documents(path))
    for spec in told.get("configMapGenerator", []):
        made = _generate(directory, spec, made)
    for name in told.get("components", []):
        made = _build(directory / name, made)
    for patch in told.get("patches", []):
        _patch(made, patch)
    for manifest in made:
        if "namespace" in told and manifest["kind"] not in _CLUSTER_WIDE:
            manifest["metadata"]["namespace"] = told["namespace"]
        for image in told.get("images", []):
            _rename(manifest, image)
    return made


def _generate(directory: Path, spec: Any, made: list[Manifest]) -> list[Manifest]:
    there = [each for each in made if (each["kind"], each["metadata"]["name"]) == ("ConfigMap", spec["name"])]
    assert bool(there) == (spec.get("behavior") == "replace"), f"{spec['name']}: nothing to replace, or a double"
    data = {Path(name).name: (directory / name).read_text(encoding="utf-8") for name in spec["files"]}
    generated = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": spec["name"]}, "data": data}
    return [each for each in made if each not in there] + [generated]


def _patch(made: list[Manifest], patch: Any) -> None:
    target = patch["target"]
    hit = [each for each in made if _is_meant(each, target)]
    assert hit, f"a patch meets nothing: {target}"
    for manifest in hit:
        for step in yaml.safe_load(patch["patch"]):
            _apply(manifest, step)


def _is_meant(manifest: Manifest, target: Any) -> bool:
    label, _, value = target.get("labelSelector", "=").partition("=")
    return bool(
        re.fullmatch(target.get("kind", ".*"), manifest["kind"])
        and re.fullmatch(target.get("name", ".*"), manifest["metadata"]["name"])
        and (not label or manifest["metadata"].get("labels", {}).get(label) == value)
    )


def _apply(manifest: Any, step: Any) -> None:
    """Apply one operation of a JSON patch (RFC 6902)."""
    *parents, last = step["path"].strip("/").split("/")
    node: Any = manifest
    for name in parents:
        node = node[int(name)] if isinstance(node, list) else node[name]
    match step["op"], node:
        case "add", list():
            assert last == "-"
            node.append(copy.deepcopy(step["value"]))
        case "add", dict():
            node[last] = copy.deepcopy(step["value"])
        case "replace", dict():
            assert last in node
            node[last] = copy.deepcopy(step["value"])
        case "remove", dict():
            del node[last]
        case _:
            raise AssertionError(f"not understood: {step}")


def _rename(node: Any, image: Any) -> None:
    """Put the real name of an image wherever it is named."""
    if isinstance(node, list):
        for each in node:
            _rename(each, image)
    elif isinstance(node, dict):
        if node.get("image") == image["name"]:
            node["image"] = f"{image['newName']}:{image['newTag']}"
        for each in node.values():
            _rename(each, image)
