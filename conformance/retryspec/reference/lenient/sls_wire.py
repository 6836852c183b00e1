"""SLS servers that write their answers in another form."""

import gzip
import json
import time
import zlib
from collections.abc import Iterator

from retryspec_models.sls.stubs import Call
from starlette.responses import Response, StreamingResponse

from retryspec.authentication.sls import content_md5
from retryspec.reference.sls import Server
from retryspec.reference.variations import lenient
from retryspec.reference.wire import json_of, with_body, with_json

JSON = "application/json"


@lenient("sls A-33", says="Answers have more members than the contract names, in another order, and more headers.")
class FurtherMembers(Server):
    """Says more than it has to."""

    def finish(self, call: Call, response: Response) -> Response:
        """Add a member to every object, before the others, and a header to every answer."""
        response = super().finish(call, response)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if not response.body:
            return response
        answer = {"region": "cn-test", **json_of(response)}
        if "tasks" in answer:
            answer["tasks"] = [{"shard": 0, **dict(reversed(task.items()))} for task in answer["tasks"]]
        return with_json(response, answer)


@lenient("sls A-58", says="Answers have many more headers, some of them twice.")
class FurtherHeaders(Server):
    """Stands behind a few proxies."""

    def finish(self, call: Call, response: Response) -> Response:
        """Add headers."""
        response = super().finish(call, response)
        for name, value in (
            ("Server", "nginx"),
            ("Via", "1.1 a, 1.1 b"),
            ("Cache-Control", "no-store"),
            ("Strict-Transport-Security", "max-age=31536000"),
            ("Set-Cookie", "a=1; Path=/"),
            ("Set-Cookie", "b=2; Path=/"),
            ("X-Empty", ""),
            ("X-Log-Time", str(int(self.now()))),
        ):
            response.headers.append(name, value)
        return response


@lenient("sls A-58", says="Names of headers are written in capitals.")
class HeaderNamesInCapitals(Server):
    """Writes names of headers, which have no letter case, as HTTP/1.0 servers did."""

    def finish(self, call: Call, response: Response) -> Response:
        """Change the names of all headers."""
        response = super().finish(call, response)
        response.raw_headers = [(name.upper(), value) for name, value in response.raw_headers]
        return response


@lenient("sls R-17", says="The Content-Type of answers names a charset.")
class CharsetNamed(Server):
    """Says what JSON is written in."""

    def finish(self, call: Call, response: Response) -> Response:
        """Name the charset."""
        response = super().finish(call, response)
        if "Content-Type" in response.headers:
            response.headers["Content-Type"] = "Application/JSON; Charset=UTF-8"
        return response


@lenient("sls R-17", says="Answers are labelled as text.")
class LabelledAsText(Server):
    """Has a wrong label on right bodies; that it says application/json is a should."""

    def finish(self, call: Call, response: Response) -> Response:
        """Change the label."""
        response = super().finish(call, response)
        if "Content-Type" in response.headers:
            response.headers["Content-Type"] = "text/plain; charset=utf-8"
        return response


@lenient("sls A-53", says="Bodies are sent in chunks, without a length.")
class Chunked(Server):
    """Does not know how long an answer will be, an empty one included."""

    def finish(self, call: Call, response: Response) -> Response:
        """Return the same answer in chunks."""
        response = super().finish(call, response)
        changed = StreamingResponse(self.pieces(bytes(response.body)), response.status_code)
        changed.raw_headers = [header for header in response.raw_headers if header[0] != b"content-length"]
        return changed

    def pieces(self, body: bytes) -> Iterator[bytes]:
        """Give the body, a few hundred bytes at a time."""
        for start in range(0, len(body), 700):
            yield body[start : start + 700]


@lenient("sls A-53", says="Bodies come in chunks with a pause after each, some in the middle of a character.")
class ChunkedSlowly(Chunked):
    """Writes as it goes."""

    def pieces(self, body: bytes) -> Iterator[bytes]:
        """Give the body in five pieces and wait between them."""
        width = len(body) // 5 + 1
        for start in range(0, len(body), width):
            yield body[start : start + width]
            time.sleep(0.005)


@lenient("sls R-13", says="Bodies are compressed with gzip for clients that accept it.")
class Gzipped(Server):
    """Compresses where a client asks for it."""

    coding = "gzip"

    def finish(self, call: Call, response: Response) -> Response:
        """Compress the body of an answer."""
        response = super().finish(call, response)
        response.headers["Vary"] = "Accept-Encoding"
        if not response.body or self.coding not in (call.header("accept-encoding") or ""):
            return response
        response = with_body(response, self.compressed(bytes(response.body)), media_type=JSON)
        response.headers["Content-Encoding"] = self.coding
        return response

    def compressed(self, body: bytes) -> bytes:
        """Return the body in fewer bytes."""
        return gzip.compress(body)


@lenient("sls R-13", says="Bodies are compressed with deflate for clients that accept it.")
class Deflated(Gzipped):
    """Compresses otherwise."""

    coding = "deflate"

    def compressed(self, body: bytes) -> bytes:
        """Return the body in fewer bytes."""
        return zlib.compress(body)


@lenient("sls A-58", says="The connection is closed after each answer.")
class ConnectionClosed(Server):
    """Keeps no connection open, as in the examples."""

    def finish(self, call: Call, response: Response) -> Response:
        """Say that the connection ends here."""
        response = super().finish(call, response)
        response.headers["Connection"] = "close"
        return response


@lenient("sls R-13", says="Every answer takes 30 milliseconds.")
class Slow(Server):
    """Is far away."""

    def finish(self, call: Call, response: Response) -> Response:
        """Wait a moment."""
        time.sleep(0.03)
        return super().finish(call, response)


@lenient("sls A-08", says="JSON is written over many lines, in the order of the names, and ends in a line break.")
class PrettyPrinted(Server):
    """Writes for people."""

    def finish(self, call: Call, response: Response) -> Response:
        """Write the body anew."""
        response = super().finish(call, response)
        if not response.body:
            return response
        text = json.dumps(json_of(response), indent="\t", sort_keys=True, separators=(" ,", " : "))
        return with_body(response, f"\r\n{text}\r\n".encode(), media_type=JSON)


@lenient("sls A-08", says="Every character in JSON strings is escaped, names included.")
class Escaped(Server):
    r"""Writes "fail" as "\u0066\u0061\u0069\u006c", which is the same string."""

    def finish(self, call: Call, response: Response) -> Response:
        """Write the body anew."""
        response = super().finish(call, response)
        if not response.body:
            return response
        return with_body(response, _escaped(json_of(response)).encode(), media_type=JSON)


@lenient("sls A-52", says="Answers have a Content-MD5.")
class DigestOfAnswers(Server):
    """Sends what the page on response headers lists."""

    def finish(self, call: Call, response: Response) -> Response:
        """Add the digest of the body."""
        response = super().finish(call, response)
        response.headers["Content-MD5"] = content_md5(bytes(response.body))
        return response


class RetryAnswer(Server):
    """Changes the answer to a retry that was taken."""

    body = b""
    media_type: str | None = None

    def finish(self, call: Call, response: Response) -> Response:
        """Put another body into the answer to a retry."""
        response = super().finish(call, response)
        if call.method != "PUT" or response.status_code != 200:
            return response
        return with_body(response, self.body, media_type=self.media_type)


@lenient("sls A-50", says="The empty answer to a retry is labelled as JSON.")
class RetryAnswerLabelled(RetryAnswer):
    """Sends the headers that the page of 2023 lists."""

    media_type = JSON


def _escaped(value: object) -> str:
    match value:
        case str():
            units = value.encode("utf-16-be").hex()
            return '"' + "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4)) + '"'
        case dict():
            return "{" + ",".join(f"{_escaped(name)}:{_escaped(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_escaped, value)) + "]"
        case _:
            return json.dumps(value)
