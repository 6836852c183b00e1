"""Writes an SLS request as a shell line that signs it afresh, with the secret from SLS_ACCESS_KEY_SECRET."""

from retryspec.authentication import sls as signature
from retryspec.curl import curl_line
from retryspec.exchange import Request
from retryspec.suite.sls.shape import parse_http_date

__all__ = ["replay_line"]

_MADE_AFRESH = ("date", "x-log-date", "authorization")


def replay_line(request: Request, url: str, *, key_id: str, secret: str, now: float) -> str:
    """The line: with a fresh signature if the request was signed rightly, else with what was sent, secrets aside.

    Args:
        request: the request.
        url: the whole URL.
        key_id: the AccessKeyId.
        secret: the AccessKeySecret; it is not written.
        now: the server's time, in Unix seconds, from which a Date may be off on purpose.
    """
    text = signature.string_to_sign(request.method, request.target, request.headers)
    if signature.sign(secret, text) not in request.secrets:
        return curl_line(request.method, url, request.headers, request.body, chunked=request.chunked)
    given = request.header("x-log-date") or request.header("Date") or ""
    lines = text.split("\n")
    lines[3] = "%s"
    prelude = (
        f"D=$(LC_ALL=C date -u {_shift(given, now)}'+%a, %d %b %Y %H:%M:%S GMT'); "
        f'S=$(printf {_format(lines)} "$D" | openssl dgst -sha1 -hmac "$SLS_ACCESS_KEY_SECRET" -binary | base64);'
    )
    dates = [(name, "$D") for name, _ in request.headers if name.lower() in ("date", "x-log-date")]
    computed = [*dates, ("Authorization", f"LOG {_in_double_quotes(key_id)}:$S")]
    fixed = [(name, value) for name, value in request.headers if name.lower() not in _MADE_AFRESH]
    return curl_line(
        request.method, url, fixed, request.body, prelude=prelude, computed=computed, chunked=request.chunked
    )


def _shift(date: str, now: float) -> str:
    """The option of `date` for a time that was off on purpose."""
    moment = parse_http_date(date)
    off = round(moment.timestamp() - now) if moment else 0
    return f"-d '{off} seconds' " if abs(off) > 60 else ""


def _format(lines: list[str]) -> str:
    """A string to sign as the quoted format of printf, with one %s for the date."""
    escaped = [line if line == "%s" else line.replace("\\", "\\\\").replace("%", "%%") for line in lines]
    return "'" + "\\n".join(escaped).replace("'", "'\\''") + "'"


def _in_double_quotes(text: str) -> str:
    return "".join(f"\\{character}" if character in '\\"$`' else character for character in text)
