"""`armswatch feeds add`, `import` and `export`, as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.program import armswatch, write_config
from tests.feedserver import FeedServer, Reply

RSS = b"<rss version='2.0'><channel><title>Outlet</title><item><title>T</title><link>/1</link></item></channel></rss>"
PAGE = b"<html><link rel='alternate' type='application/rss+xml' href='/rss'></html>"


@pytest.fixture
def site() -> Iterator[FeedServer]:
    with FeedServer() as site:
        site.route("/", Reply(PAGE, content_type="text/html"))
        site.route("/rss", Reply(RSS))
        yield site


def test_a_site_is_shown_then_written_then_known(site: FeedServer, tmp_path: Path) -> None:
    desk = write_config(tmp_path, ["http://127.0.0.1:1/x"])
    shown = armswatch("feeds", "add", site.url("/"), "-c", str(desk))
    line = f"  - url: {site.url('/rss')}\n"
    assert (shown.returncode, shown.stdout) == (0, f"{line}    name: Outlet\n")
    assert "1. Outlet" in shown.stderr
    assert line not in (desk / "feeds.yaml").read_text("utf-8")
    written = armswatch("feeds", "add", site.url("/"), "-c", str(desk), "--yes", "--kind", "wire", "--json")
    report = json.loads(written.stdout)
    assert (report["added"], report["written"]) == ([site.url("/rss")], str(desk / "feeds.yaml"))
    assert (desk / "feeds.yaml").read_text("utf-8").endswith(f"{line}    name: Outlet\n    kind: wire\n")
    again = armswatch("feeds", "add", site.url("/"), "-c", str(desk), "--yes")
    assert (again.returncode, again.stdout) == (0, "")
    assert "watched already" in again.stderr


def test_a_site_without_feeds_and_one_that_is_away_have_codes_of_their_own(site: FeedServer, tmp_path: Path) -> None:
    desk = write_config(tmp_path, ["http://127.0.0.1:1/x"])
    site.route("/rss", Reply(status=404))
    none = armswatch("feeds", "add", site.url("/"), "-c", str(desk))
    assert (none.returncode, none.stdout) == (7, "")
    assert "No feed was found" in none.stderr
    away = armswatch("feeds", "add", "http://127.0.0.1:1/", "-c", str(desk))
    assert away.returncode == 6
    wrong = armswatch("feeds", "add", site.url("/"), "-c", str(desk), "--choose", "2")
    assert (wrong.returncode, "no feed number 2" in wrong.stderr) == (2, True)


def test_the_feeds_that_come_with_the_program_are_not_written_to(site: FeedServer, tmp_path: Path) -> None:
    refused = armswatch("feeds", "add", site.url("/"), "--yes", cwd=tmp_path)
    assert refused.returncode == 2
    assert "armswatch init DIR" in refused.stderr


def test_feeds_go_out_to_a_file_and_come_back(tmp_path: Path) -> None:
    desk = write_config(tmp_path / "desk", ["https://a.example/", "https://b.example/?x=1&y=2"])
    opml = tmp_path / "feeds.opml"
    assert armswatch("feeds", "export", "--output", str(opml), "-c", str(desk)).returncode == 0
    assert armswatch("feeds", "export", "-c", str(desk)).stdout == opml.read_text("utf-8")
    again = armswatch("feeds", "export", "--output", str(opml), "-c", str(desk))
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    other = tmp_path / "other" / "feeds.yaml"
    write_config(other.parent, ["https://a.example/"])
    report = json.loads(armswatch("feeds", "import", str(opml), "--into", str(other), "--json").stdout)
    assert (report["added"], report["known"]) == (["https://b.example/?x=1&y=2"], ["https://a.example/"])
    exported = armswatch("feeds", "export", "--yaml", "-c", str(desk)).stdout
    assert armswatch("feeds", "export", "--yaml", "-c", str(other.parent)).stdout == exported


def test_an_import_is_shown_before_it_is_written(tmp_path: Path) -> None:
    desk = write_config(tmp_path / "desk", ["https://a.example/"])
    opml = tmp_path / "list.opml"
    outlines = "".join(
        f'<outline text="News" xmlUrl="{url}"/>' for url in ("https://a.example/", "https://b.example/", "x:")
    )
    opml.write_text(f"<opml><body>{outlines}</body></opml>", encoding="utf-8")
    shown = armswatch("feeds", "import", str(opml), "-c", str(desk))
    assert shown.stdout == "  - url: https://b.example/\n    name: News\n"
    assert shown.stderr.splitlines()[:2] == ["1 feed to add.", "already there: https://a.example/"]
    assert "refused: x:" in shown.stderr
    new = tmp_path / "new.yaml"
    made = armswatch("feeds", "import", str(opml), "--output", str(new))
    assert (made.returncode, made.stdout) == (0, "")
    assert new.read_text("utf-8").startswith("feeds:\n  - url: https://a.example/\n")


def test_what_is_no_opml_is_told(tmp_path: Path) -> None:
    desk = write_config(tmp_path / "desk", ["https://a.example/"])
    bad = tmp_path / "bad.opml"
    for raw, said in (
        (b"<html/>", "is not an OPML file"),
        (b"<!DOCTYPE opml><opml/>", "document type"),
        (b"", "cannot be read"),
    ):
        bad.write_bytes(raw)
        refused = armswatch("feeds", "import", str(bad), "-c", str(desk))
        assert (refused.returncode, refused.stdout) == (2, "")
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr
    assert armswatch("feeds", "import", str(tmp_path / "none"), "-c", str(desk)).returncode == 2
    assert armswatch("feeds", "import", str(bad), "--into", "a", "--output", "b").returncode == 2
