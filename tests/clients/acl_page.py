"""The grants that the reference page lists, read from its commands, so that page and tests cannot differ."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

from tests.clients.authorised_broker import Grant

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "kafka-acls.md"
_ROW = re.compile(r"^\| (topic|group|transactional-id|cluster) \| (\w+) \|", re.MULTILINE)
CLUSTER = "kafka-cluster"  # what the command line calls it


def section(heading: str) -> str:
    """Give what stands under a heading."""
    return PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def granted(heading: str, prefix: str) -> list[Grant]:
    """Give what the commands under a heading grant, with the prefix filled in."""
    found = re.search(r"^```sh\nPREFIX=\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)
    assert found
    commands = found[1].replace("\\\n", " ").replace("${PREFIX}", prefix).splitlines()
    return [each for command in commands for each in _grants(shlex.split(command))]


def tabled(heading: str) -> list[tuple[str, str]]:
    """Give the resources and operations that the table under a heading explains."""
    return [(row[1], row[2]) for row in _ROW.finditer(section(heading))]


def _grants(words: list[str]) -> list[Grant]:
    program, *arguments = words
    assert program == "kafka-acls.sh"
    parser = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    for needed in ("--bootstrap-server", "--command-config", "--allow-principal", "--resource-pattern-type"):
        parser.add_argument(needed, required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--operation", action="append", required=True)
    resource = parser.add_mutually_exclusive_group(required=True)
    for kind in ("--topic", "--group", "--transactional-id"):
        resource.add_argument(kind)
    resource.add_argument("--cluster", action="store_const", const=CLUSTER)
    read = vars(parser.parse_args(arguments))
    [(kind, name)] = [(key, read[key]) for key in ("topic", "group", "transactional_id", "cluster") if read[key]]
    pattern = read["resource_pattern_type"]
    return [Grant(kind.replace("_", "-"), pattern, name, operation) for operation in read["operation"]]
