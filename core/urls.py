"""Web addresses: one canonical spelling of each. Pure; hostile input gives '', never an error."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

MAX_URL_CHARS = 4000

_PORTS = {"http": "80", "https": "443"}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_BARE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
# What browsers drop from within an address, and what a person cannot see in it.
_DROPPED = re.compile("[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_SAFE = "!$&'()*+,;=:@/?%~-._|[]{}^"

_TRACKING_PREFIXES = ("utm_", "at_", "ns_", "wt_", "pk_", "mtm_", "hsa_", "_hs", "stm_")
_TRACKING = frozenset(
    {
        *("fbclid", "gclid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "igsh"),
        *("mc_cid", "mc_eid", "mkt_tok", "vero_id", "oly_enc_id", "oly_anon_id", "_ga", "_gl", "xtor", "cmp", "cmpid"),
        *("ocid", "ftag", "guccounter", "spm", "ref_src", "ref_url", "maca", "partner", "emc", "smid", "srnd", "sref"),
        *("traffic_source", "s_cid", "ito", "wpisrc", "__twitter_impression", "feedtype", "feedname", "yptr"),
    }
)


@lru_cache(maxsize=2048)  # a feed's links come again at each poll, as link and as GUID
def canonical(url: str) -> str:
    """Spell an http or https address in the one canonical way; '' when it is none. Idempotent.

    Lower-case host (IDNA for other scripts), no default port, login or fragment, no tracking parameters; the other
    parameters keep their order, since some servers mind it. The path keeps its case.
    """
    if len(url) > MAX_URL_CHARS:
        return ""
    try:
        parts = urlsplit(_DROPPED.sub("", url).strip().replace("\\", "/"))
        scheme = parts.scheme.lower()
        host = _host(parts.hostname or "") if scheme in _PORTS else ""
        port = parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    authority = host if port is None or str(port) == _PORTS[scheme] else f"{host}:{port}"
    query = _query(parts)
    spelt = f"{scheme}://{authority}{_escape(parts.path) or '/'}{'?' + query if query else ''}"
    return spelt if len(spelt) <= MAX_URL_CHARS else ""


def is_web(url: str) -> bool:
    """Tell whether this is an http or https address with a host."""
    return canonical(url) != ""


def folded(url: str) -> str:
    """Spell an address for telling whether two are the same: canonical, with http and https as one. '' when none."""
    return canonical(url).partition(":")[2]


def resolve(base: str, link: str) -> str:
    """Resolve a link against the address of its document; the link itself when that cannot be done."""
    if link.startswith(("http://", "https://")):
        return link
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link


def _host(name: str) -> str:
    name = name.removesuffix(".")
    if ":" in name:
        address = ipaddress.IPv6Address(name.partition("%")[0])
        return f"[{address.compressed}]"
    if not name.isascii():
        name = name.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    name = name.lower().removesuffix(".")
    return name if _HOST.fullmatch(name) and len(name) <= 253 else ""  # noqa: PLR2004 - the DNS limit


def _query(parts: SplitResult) -> str:
    kept = [pair for pair in parts.query.split("&") if pair and not _is_tracking(pair.partition("=")[0].lower())]
    return _escape("&".join(kept))


def _is_tracking(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _escape(text: str) -> str:
    """Percent-encode what an address may not hold, and write escapes in capitals."""
    escaped = quote(_BARE_PERCENT.sub("%25", text), safe=_SAFE)
    return _ESCAPE.sub(lambda match: match[0].upper(), escaped) if "%" in escaped else escaped
