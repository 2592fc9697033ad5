"""Where the configuration is found, where data goes, and what `init` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import places
from config.loader import find, init, load
from core.errors import UserError
from tests.config.tree import GOOD, write


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_the_directory_that_is_named_is_taken_even_when_it_is_not_there(tmp_path: Path, home: Path) -> None:
    environ = {"HOME": str(home), "ARMSWATCH_CONFIG": "/elsewhere"}

    assert find(Path("mine"), environ, tmp_path) == tmp_path / "mine"
    assert find(Path("/mine"), environ, tmp_path) == Path("/mine")


@pytest.mark.parametrize(
    ("value", "wanted"), [("/etc/x", "/etc/x"), ("~/x", "{home}/x"), ("~", "{home}"), ("x", "{cwd}/x")]
)
def test_then_the_one_in_the_environment(tmp_path: Path, home: Path, value: str, wanted: str) -> None:
    write(tmp_path / "config")

    found = find(None, {"HOME": str(home), "ARMSWATCH_CONFIG": value}, tmp_path)

    assert str(found) == wanted.format(home=home, cwd=tmp_path)


@pytest.mark.parametrize("file", ["armswatch.yaml", "feeds.yaml"])
def test_then_config_under_the_current_directory(tmp_path: Path, home: Path, file: str) -> None:
    write(tmp_path, {f"config/{file}": "", "armswatch.yaml": ""})

    assert find(None, {"HOME": str(home), "ARMSWATCH_CONFIG": ""}, tmp_path) == tmp_path / "config"


def test_then_the_current_directory(tmp_path: Path, home: Path) -> None:
    write(tmp_path, {"armswatch.yaml": "", "config/other.yaml": "", "home/.config/armswatch/feeds.yaml": ""})

    assert find(None, {"HOME": str(home)}, tmp_path) == tmp_path


@pytest.mark.parametrize("file", ["armswatch.yaml", "feeds.yaml"])
def test_then_the_one_of_the_user(tmp_path: Path, home: Path, file: str) -> None:
    write(tmp_path, {"feeds.yaml": "", f"home/.config/armswatch/{file}": "", f"xdg/armswatch/{file}": ""})
    environ = {"HOME": str(home)}

    assert find(None, environ, tmp_path) == home / ".config/armswatch"
    assert find(None, environ | {"XDG_CONFIG_HOME": "relative"}, tmp_path) == home / ".config/armswatch"
    assert find(None, environ | {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}, tmp_path) == tmp_path / "xdg/armswatch"


def test_then_the_packaged_defaults(tmp_path: Path, home: Path) -> None:
    found = find(None, {"HOME": str(home)}, tmp_path)

    assert found == places.packaged()
    assert (found / "feeds.yaml").is_file()


@pytest.mark.parametrize(
    ("key", "environ", "wanted"),
    [
        ("data", {"ARMSWATCH_DATA_DIR": "/srv/x", "STATE_DIRECTORY": "/var/lib/y"}, "/srv/x"),
        (None, {"ARMSWATCH_DATA_DIR": "~/x"}, "/home/me/x"),
        (None, {"ARMSWATCH_DATA_DIR": "x"}, "{cwd}/x"),
        ("data", {"STATE_DIRECTORY": "/var/lib/y", "ARMSWATCH_DATA_DIR": ""}, "{config}/data"),
        ("../data", {}, "{parent}/data"),
        ("/srv/z", {}, "/srv/z"),
        ("~/z", {}, "/home/me/z"),
        ("~", {}, "/home/me"),
        (None, {"STATE_DIRECTORY": "/var/lib/y", "XDG_STATE_HOME": "/state"}, "/var/lib/y"),
        (None, {"STATE_DIRECTORY": "/var/lib/y:/var/lib/z"}, "/var/lib/y"),
        (None, {"STATE_DIRECTORY": "", "XDG_STATE_HOME": "/state"}, "/state/armswatch"),
        (None, {"XDG_STATE_HOME": "not/absolute"}, "/home/me/.local/state/armswatch"),
        (None, {}, "/home/me/.local/state/armswatch"),
    ],
)
def test_data_goes_to_the_first_place_that_is_named(
    tmp_path: Path, key: str | None, environ: dict[str, str], wanted: str
) -> None:
    directory = tmp_path.resolve() / "config"

    found = places.data_dir(None if key is None else Path(key), directory, {"HOME": "/home/me", **environ})

    assert str(found) == wanted.format(cwd=Path.cwd(), config=directory, parent=directory.parent)


def test_the_home_directory_is_known_without_the_environment() -> None:
    assert places.data_dir(None, Path("/x"), {}) == Path.home() / ".local/state/armswatch"


def test_the_loader_resolves_the_data_directory(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, "armswatch.yaml": "data_dir: data\n"})

    assert load(tmp_path, {}).data_dir == tmp_path.resolve() / "data"
    assert load(tmp_path, {"ARMSWATCH_DATA_DIR": "/srv"}).data_dir == Path("/srv")


def test_init_writes_a_configuration_that_loads(tmp_path: Path) -> None:
    written = init(tmp_path / "new/desk")

    names = {str(path.relative_to(tmp_path / "new/desk")) for path in written}
    assert {"armswatch.yaml", "feeds.yaml", "schema/topic.schema.json"} <= names
    assert any(name.startswith("topics/") for name in names)
    assert len(load(tmp_path / "new/desk", {}).feeds) == len(load(places.packaged(), {}).feeds)


def test_init_overwrites_nothing_and_names_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, {"feeds.yaml": "mine", "schema/topic.schema.json": "mine"})

    with pytest.raises(UserError, match=r"already has feeds\.yaml, schema/topic\.schema\.json"):
        init(tmp_path)

    assert (tmp_path / "feeds.yaml").read_text() == "mine"
    assert not (tmp_path / "armswatch.yaml").exists()


def test_init_overwrites_by_force(tmp_path: Path) -> None:
    write(tmp_path, {"feeds.yaml": "mine", "notes.txt": "mine"})

    init(tmp_path, force=True)

    assert (tmp_path / "feeds.yaml").read_bytes() == (places.packaged() / "feeds.yaml").read_bytes()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_init_says_when_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match=r"Cannot write to .*file: File exists"):
        init(tmp_path / "file")
