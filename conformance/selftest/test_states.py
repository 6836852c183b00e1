"""The provider of states: what is asked of it, and that none of its answers is trusted."""

import json

import pytest
from retryspec.checks import Untestable
from retryspec.exchange import Exchanger
from retryspec.states import ProviderStates
from selftest.raw_servers import RawServer, answered, raw_server


def answer(body: str, status: int = 200) -> bytes:
    """An answer with a JSON body."""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode()


def provider(server: RawServer, path: str = "/_states") -> ProviderStates:
    """The client of a provider."""
    return ProviderStates(server.base_url + path, Exchanger(server.origin, timeout=1))


def test_state_is_asked_for_as_the_protocol_says() -> None:
    """A setup is a POST of action, state and params; the values of the answer come back."""
    with raw_server(answered(answer('{"ids": ["a"], "more": 1}'))) as server:
        states = provider(server, "/_states?key=1")
        values = states.set_up("a shipper with tasks", {"tasks": []})
        states.close()

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /_states?key=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in head
    assert b"Content-Type: application/json\r\n" in head
    assert json.loads(body) == {"action": "setup", "state": "a shipper with tasks", "params": {"tasks": []}}
    assert values == {"ids": ["a"], "more": 1}


@pytest.mark.parametrize(
    ("answered_with", "says"),
    [
        (answer("{}", 404), "is not supported (404)"),
        (answer("{}", 201), "is not supported (201)"),
        (answer("{}", 500), "is not supported (500)"),
        (answer("<html>"), "was answered without JSON"),
        (answer('{"a": NaN}'), "was answered without JSON"),
        (answer("[" * 100_000), "was answered without JSON"),
        (answer("[]"), "was not answered with a JSON object"),
        (answer("null"), "was not answered with a JSON object"),
        (answer('{"ids": ["\\ud800"]}'), "half of a surrogate pair"),
        (b"", "could not be set up: the server closed the connection without an answer"),
        (b"nonsense\r\n\r\n", "could not be set up: not a valid HTTP answer"),
    ],
    ids=["404", "201", "500", "HTML", "NaN", "deep", "list", "null", "surrogate", "nothing", "not HTTP"],
)
def test_unusable_answer_leaves_a_check_untested(answered_with: bytes, says: str) -> None:
    """An answer that is no JSON object with 200 is told as the reason why nothing can be tested."""
    with raw_server(answered(answered_with)) as server:
        states = provider(server)
        with pytest.raises(Untestable) as caught:
            states.set_up("a state", {})
        states.close()

    assert says in str(caught.value)
