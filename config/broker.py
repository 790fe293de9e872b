"""One address for the broker and the cache (REDIS_URL), in the form that each library reads."""

from urllib.parse import parse_qs, urlsplit


def for_celery(url: str) -> str:
    """Celery has forms of its own for a Unix socket and for the number of the database behind it."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"


def numbered(url: str, number: int) -> str:
    """The same server, another of its databases: tests share a server with nobody's data."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()
