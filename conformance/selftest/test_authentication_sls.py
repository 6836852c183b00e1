"""The signer of SLS against vectors made by clients that nobody here wrote (fact sheet, 5.3)."""

from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from retryspec.authentication.sls import (
    Claim,
    SlsAuth,
    authorization,
    content_md5,
    parse_authorization,
    sign,
    signed_headers,
    string_to_sign,
    verify,
)

DATE = "Wed, 11 Nov 2015 08:28:19 GMT"
KEY_ID = "testAccessKeyId"
SECRET = "testAccessKeySecret"
PATH = "/logstores/test-logstore/shipper/test-shipper/tasks"
COMMON = "x-log-apiversion:0.6.0\nx-log-bodyrawsize:{size}\nx-log-signaturemethod:hmac-sha1\n"


@dataclass(frozen=True, slots=True)
class Vector:
    """A request, the string that is signed of it where the source prints it, and its signature."""

    name: str
    method: str
    target: str
    signature: str
    text: str | None = None
    body: bytes = b""
    token: str | None = None

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers of the request, in the order and case in which a client may send them."""
        headers = [
            ("X-Log-SignatureMethod", "hmac-sha1"),
            ("Host", "ali-test-project.cn-test.sls.example"),
            ("x-log-bodyrawsize", str(len(self.body))),
            ("x-log-apiversion", " 0.6.0 "),
            ("Date", DATE),
            ("x-log-date", DATE),
        ]
        if self.body:
            headers += [("Content-Type", "application/json"), ("Content-MD5", content_md5(self.body))]
        if self.token is not None:
            headers += [("x-acs-security-token", self.token)]
        return headers


ODD_STATUS = quote("a b&c=d/é", safe="")
VECTORS = [
    Vector(
        "V-G1",
        "GET",
        f"{PATH}?from=1448748198&to=1448948198&status=success&offset=0&size=100",
        "f9xqaW3TwIG3dBIkyLmlqM31sJo=",
        f"GET\n\n\n{DATE}\n{COMMON.format(size=0)}"
        f"{PATH}?from=1448748198&offset=0&size=100&status=success&to=1448948198",
    ),
    Vector(
        "V-G2",
        "GET",
        f"{PATH}?from=1447147699&to=1447230499&status=&offset=0&size=100",
        "lEv1vfWtu3r5qRWXkn5EDH6Q5VI=",
        f"GET\n\n\n{DATE}\n{COMMON.format(size=0)}{PATH}?from=1447147699&offset=0&size=100&status=&to=1447230499",
    ),
    Vector(
        "V-G3",
        "GET",
        f"{PATH}?from=1447147699&to=1447230499&status=fail&offset=10&size=20",
        "pLnZ2b3kJ8uYobOd7grDbK1U8pY=",
        f"GET\n\n\n{DATE}\nx-acs-security-token:test-sts-token\n{COMMON.format(size=0)}"
        f"{PATH}?from=1447147699&offset=10&size=20&status=fail&to=1447230499",
        token="test-sts-token",
    ),
    Vector(
        "V-R1",
        "PUT",
        PATH,
        "wQmm0ev4KGsBcaqTZRBee9HcX94=",
        f"PUT\n4F668614155CA86912C34C06820257EC\napplication/json\n{DATE}\n{COMMON.format(size=39)}{PATH}",
        body=b'["task-id-1", "task-id-2", "task-id-2"]',
    ),
    Vector("V-R2", "PUT", PATH, "1SPV8aVf62tnr69TwTbJjS/jwzc=", body=b"[]"),
    Vector("V-R3", "PUT", PATH, "pxhO6LJakTYUYzts6mxwfBch+rM=", body=b'["task-id-1"]', token="test-sts-token"),
    Vector("V-R2 with a bare ?", "PUT", f"{PATH}?", "1SPV8aVf62tnr69TwTbJjS/jwzc=", body=b"[]"),
    Vector(
        "V-N1",
        "GET",
        quote("/logstores/日志/shipper/sh ip/tasks") + "?from=1&to=2&status=&offset=0&size=100",
        "W7xYWMbrJWct4w8VQHo4Sm3q3Y8=",
    ),
    Vector(
        "V-N2",
        "GET",
        f"{PATH}?from=1&to=2&status={ODD_STATUS}&offset=0&size=100",
        "4j9yb4erd7mNS7MA5vuDioHiWsI=",
    ),
    Vector(
        "V-N2 with + for the blank",
        "GET",
        f"{PATH}?from=1&to=2&status={ODD_STATUS.replace('%20', '+')}&offset=0&size=100",
        "4j9yb4erd7mNS7MA5vuDioHiWsI=",
    ),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_signature_is_the_published_one(vector: Vector) -> None:
    """The string to sign and its signature are those that the vendor's Python client makes."""
    text = string_to_sign(vector.method, vector.target, vector.headers())

    assert vector.text is None or text == vector.text
    assert sign(SECRET, text) == vector.signature
    assert verify(SECRET, vector.signature, vector.method, vector.target, vector.headers())


def test_signature_of_the_go_client_is_right() -> None:
    """The vector of the Go client's own tests, without x-log-date and with a one-digit day, comes out."""
    headers = signed_headers(
        "GET", "/logstores", key_id="mockAccessKeyID", secret="mockAccessKeySecret", date="Mon, 3 Jan 2010 08:33:47 GMT"
    )

    assert headers["Authorization"] == "LOG mockAccessKeyID:Rwm6cTKzoti4HWoe+GKcb6Kv07E="


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param("LoUx/QJIBXri4ij3Rfave5c1cgs=", id="x-log-date signed"),
        pytest.param("1SP6QDa/U0l3e6NPI8bDhuddqy0=", id="query in the order of the URL"),
        pytest.param("f9xqaW3TwIG3dBIkyLmlqM31sJp=", id="one character changed"),
        pytest.param("", id="empty"),
        pytest.param("é\udcff", id="no base64 at all"),
    ],
)
def test_wrong_signature_is_refused(signature: str) -> None:
    """Signatures made in a way that the algorithm does not allow are not those of the request."""
    vector = VECTORS[0]

    assert not verify(SECRET, signature, vector.method, vector.target, vector.headers())


@pytest.mark.parametrize(
    ("method", "target", "name", "value"),
    [
        pytest.param("PUT", PATH, "date", DATE, id="method"),
        pytest.param("GET", f"{PATH}?size=1", "date", DATE, id="query"),
        pytest.param("GET", f"{PATH}/", "date", DATE, id="path"),
        pytest.param("GET", PATH, "x-log-apiversion", "0.6.1", id="signed header"),
        pytest.param("GET", PATH, "x-acs-security-token", "t", id="further signed header"),
        pytest.param("GET", PATH, "content-type", "text/plain", id="content type"),
        pytest.param("GET", PATH, "content-md5", "0" * 32, id="digest"),
        pytest.param("GET", PATH, "date", DATE.replace("2015", "2016"), id="date"),
    ],
)
def test_signature_covers_the_request(method: str, target: str, name: str, value: str) -> None:
    """A signature is refused once anything that it covers is another."""
    right = {"date": DATE, "x-log-apiversion": "0.6.0"}
    signature = sign(SECRET, string_to_sign("GET", PATH, right.items()))

    assert verify(SECRET, signature, "GET", PATH, right.items())
    assert not verify(SECRET, signature, method, target, (right | {name: value}).items())


def test_signature_leaves_out_what_proxies_change() -> None:
    """Host, lengths and the like are not covered, nor is x-log-date beyond its value."""
    headers = [("date", DATE), ("x-log-apiversion", "0.6.0")]
    more = [*headers, ("host", "other.example"), ("content-length", "0"), ("accept", "*/*"), ("x-log-date", DATE)]

    assert string_to_sign("GET", PATH, headers) == string_to_sign("GET", PATH, more)


def test_headers_are_sorted_by_name_alone() -> None:
    """A name that begins another stands before it, although its colon sorts after a hyphen."""
    text = string_to_sign("GET", "/", [("x-log-a-b", "1"), ("x-log-a", "2")])

    assert text == "GET\n\n\n\nx-log-a:2\nx-log-a-b:1\n/"


def test_undecodable_bytes_are_signed_as_they_came() -> None:
    """Bytes that are no UTF-8 neither raise nor look like other bytes."""
    texts = {string_to_sign("GET", f"/%{byte}?k=%{byte}", []) for byte in ("FF", "FE", "C3")}

    assert len({sign(SECRET, text) for text in texts}) == 3


@pytest.mark.parametrize(
    ("value", "claim"),
    [
        ("LOG id:sig=", Claim("id", "sig=")),
        ("LOG  id:sig= ", Claim("id", "sig=")),
        ("LOG a:b:sig=", Claim("a:b", "sig=")),
        ("LOG id", None),
        ("LOG :sig", None),
        ("LOG id:", None),
        ("log id:sig", None),
        ("Basic aWQ6c2ln", None),
        ("Bearer id:sig", None),
        ("LOG", None),
        ("", None),
    ],
)
def test_authorization_header_is_read(value: str, claim: Claim | None) -> None:
    """Only `LOG <AccessKeyId>:<Signature>` claims anything."""
    assert parse_authorization(value) == claim


def test_authorization_header_is_read_as_written() -> None:
    """What is written for a client is what a server reads."""
    assert parse_authorization(authorization("id", "sig=")) == Claim("id", "sig=")


def test_signed_headers_can_be_changed_before_signing() -> None:
    """A header handed in takes the place of the one of that name, in any case, and is covered by the signature."""
    headers = signed_headers("GET", PATH, key_id=KEY_ID, secret=SECRET, date=DATE, extra=[("X-Log-ApiVersion", "9")])

    claim = parse_authorization(headers["Authorization"])
    assert [name for name in headers if name.lower() == "x-log-apiversion"] == ["X-Log-ApiVersion"]
    assert claim is not None
    assert verify(SECRET, claim.signature, "GET", PATH, headers.items())


@pytest.mark.parametrize("body", [b"", b'["\xe4\xbb\xbb\xe5\x8a\xa1-1"]'], ids=["no body", "body"])
def test_httpx_client_signs_what_it_sends(body: bytes) -> None:
    """A request of an httpx client arrives with a signature that a server can verify from the request alone."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(answer), auth=SlsAuth(KEY_ID, SECRET, token="t")) as client:
        client.request(
            "PUT", "http://p.sls.test" + quote("/logstores/日志/shipper/a/b/tasks"), params={"q": "a b+c"}, content=body
        )

    headers = seen[0].headers
    claim = parse_authorization(headers["authorization"])
    assert claim is not None
    assert claim.key_id == KEY_ID
    assert verify(SECRET, claim.signature, "PUT", seen[0].url.raw_path.decode(), headers.items())
    assert headers.get("content-md5") == (content_md5(body) if body else None)
    assert headers["x-acs-security-token"] == "t"


def test_secret_is_not_shown() -> None:
    """The secret does not stand in what a log or a traceback shows."""
    assert SECRET not in repr(SlsAuth(KEY_ID, SECRET))
