"""What is published about alerts, as validators: as readers take it, and as strict as we are with ourselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def published() -> Any:
    """The alert's JSON Schema as it stands in the documents."""
    return json.loads((REFERENCE / "alert.schema.json").read_text("utf-8"))


def document() -> Any:
    """The AsyncAPI document as it stands there."""
    return json.loads((REFERENCE / "asyncapi.json").read_text("utf-8"))


def lenient() -> Draft202012Validator:
    """What a reader may hold an alert to: unknown fields are allowed."""
    return Draft202012Validator(published())


def strict() -> Draft202012Validator:
    """What we hold our own alerts to: every field is there, and no other."""
    schema = published()
    for part in schema["$defs"].values():
        part["additionalProperties"] = False
        part["required"] = list(part["properties"])
    return Draft202012Validator(schema)


def official() -> Draft7Validator:
    """The JSON Schema of AsyncAPI itself."""
    return Draft7Validator(json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text("utf-8")))
