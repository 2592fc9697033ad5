"""Writes site maps for tests."""

from __future__ import annotations

SITE = "https://news.example"
_HEAD = (
    "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
)


def sitemap(*pages: str) -> str:
    return f"<urlset {_HEAD}>\n{''.join(pages)}</urlset>\n"


def page(path: str) -> str:
    return f"<url><loc>{SITE}{path}</loc><lastmod>2026-02-28</lastmod></url>\n"


def news(
    path: str, title: str, *, date: str = "2026-02-28T20:00:00+09:00", language: str = "en", keywords: str = ""
) -> str:
    """Write a page with news data, of the day before the tests' now."""
    tags = f"<news:keywords>{keywords}</news:keywords>" if keywords else ""
    return (
        f"<url><loc>{SITE}{path}</loc><news:news><news:publication><news:name>The Outlet</news:name>"
        f"<news:language>{language}</news:language></news:publication>"
        f"<news:publication_date>{date}</news:publication_date><news:title>{title}</news:title>{tags}</news:news></url>\n"
    )


def index(*maps: tuple[str, str]) -> str:
    """Write an index: address and last change of each site map."""
    rows = (f"<sitemap><loc>{loc}</loc><lastmod>{changed}</lastmod></sitemap>\n" for loc, changed in maps)
    return f"<sitemapindex {_HEAD}>\n{''.join(rows)}</sitemapindex>\n"
