"""The target file: what is wrong is said with file, line, table and key, in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from retryspec.errors import UsageError
from retryspec.target import MAX_TARGET_FILE, Claim, Table, read_claim, read_target_file

OPERATIONS = frozenset({"getShipperStatus", "retryShipperTask"})
GOOD = 'base_url = "http://127.0.0.1:8001"'

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a target file."""

    def write(content: str | bytes) -> Path:
        file = tmp_path / "target.toml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def claim_of(file: Path) -> Claim:
    """The claim of the table [sls], all keys of which are common ones."""
    table = read_target_file(file)["sls"]
    claim = read_claim(table, operations=OPERATIONS)
    table.finish()
    return claim


def complaint_of(file: Path) -> str:
    """What is said about a file, without its name."""
    with pytest.raises(UsageError) as caught:
        claim_of(file)
    message = str(caught.value)
    assert message.startswith(str(file))
    assert "\n" not in message
    return message.removeprefix(str(file))


# Files


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[sls\n", "is not TOML: "),
        (b"[sls]\nbase_url = \xff\xfe\n", "is not TOML: "),
        (b"[sls]\nbase_url = 1\nbase_url = 2\n", "is not TOML: "),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (b"#" * (MAX_TARGET_FILE + 1), f"is longer than {MAX_TARGET_FILE} bytes"),
        (b'base_url = "x"\n', "base_url stands outside a table"),
        (b"[[sls]]\n", "sls stands outside a table"),
    ],
    ids=["broken", "no UTF-8", "key twice", "nested", "huge", "no table", "list of tables"],
)
def test_file_that_is_none_is_refused(write: Write, content: bytes, says: str) -> None:
    """Whatever stands in a file, it is told in a line."""
    assert says in complaint_of(write(content))


def test_line_of_a_syntax_error_is_told(write: Write) -> None:
    """Broken TOML is told with its line."""
    assert "line 2" in complaint_of(write("[sls]\nbase_url = \n"))


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a device are told in a line."""
    assert complaint_of(tmp_path / "absent.toml") == ": the target file cannot be read: No such file or directory."
    assert complaint_of(tmp_path) == ": the target file cannot be read: Is a directory."
    assert "it cannot be a pipe or a device" in complaint_of(Path("/dev/zero"))


def test_line_ends_of_other_systems_are_taken(write: Write) -> None:
    """A file with CRLF is read like any other."""
    assert claim_of(write(b'[sls]\r\nbase_url = "http://h"\r\n')).base_url == "http://h"


# Keys


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", ": [sls] base_url is missing."),
        ("base_url = 1", ':2: [sls] base_url has to be a string or { env = "NAME" }.'),
        ('base_url = ["http://h"]', ':2: [sls] base_url has to be a string or { env = "NAME" }.'),
        ("base_url = { env = 1 }", ':2: [sls] base_url has to be a string or { env = "NAME" }.'),
        ('base_url = { env = "A", x = "B" }', ':2: [sls] base_url has to be a string or { env = "NAME" }.'),
        (
            'base_url = { env = "RETRYSPEC_UNSET" }',
            ":2: [sls] base_url asks for the environment variable RETRYSPEC_UNSET, which is not set.",
        ),
        ('base_url = "127.0.0.1:8001"', ":2: [sls] base_url has to be an http or https URL with a host, not "),
        ('base_url = "ftp://h"', ":2: [sls] base_url has to be an http or https URL with a host, not 'ftp://h'."),
        ('base_url = "http://"', ":2: [sls] base_url has to be an http or https URL with a host, not 'http://'."),
        ('base_url = ""', ":2: [sls] base_url has to be an http or https URL with a host, not ''."),
        ('base_url = "http://h:port"', ":2: [sls] base_url is not a URL: "),
        ('base_url = "http://h:99999"', ":2: [sls] base_url is not a URL: "),
        ('base_url = "http://h:0"', ":2: [sls] base_url has the port 0"),
        ('base_url = "http://[::1"', ":2: [sls] base_url is not a URL: "),
        ('base_url = "http://h/a b"', ":2: [sls] base_url has to be written in ASCII"),
        ('base_url = "http://h/\\n"', ":2: [sls] base_url has to be written in ASCII"),
        ('base_url = "http://h\u00f6st/"', ":2: [sls] base_url has to be written in ASCII"),
        ('base_url = "http://h/?x=1"', ":2: [sls] base_url has to end with its path"),
        ('base_url = "http://h/#x"', ":2: [sls] base_url has to end with its path"),
        (f'{GOOD}\nstates_url = "x"', ":3: [sls] states_url has to be an http or https URL with a host, not 'x'."),
        (f"{GOOD}\n\noperations = [1]", ':4: [sls] operations has to be a string or { env = "NAME" }.'),
        (f'{GOOD}\noperations = "getShipperStatus"', ":3: [sls] operations has to be a list of strings."),
        (f"{GOOD}\noperations = []", ":3: [sls] operations is empty: nothing would be checked."),
        (
            f'{GOOD}\noperations = ["getShiperStatus"]',
            ":3: [sls] operations names 'getShiperStatus'; the document has: getShipperStatus, retryShipperTask.",
        ),
        (f'{GOOD}\nknown = ["SLS-GET-01"]', ":3: [sls] known has to be a table."),
        (f'{GOOD}\nknown = {{ "SLS-GET-01" = true }}', ":3: [sls] known.SLS-GET-01 has to be a string"),
        (f'{GOOD}\n[sls.known]\n"SLS-GET-01" = true', ":3: [sls] known.SLS-GET-01 has to be a string"),
        (f'{GOOD}\nverify_tls = "no"', ":3: [sls] verify_tls has to be true or false."),
        (f"{GOOD}\nverify_tls = 0", ":3: [sls] verify_tls has to be true or false."),
        (f"{GOOD}\nheaders = {{ X-A = 1 }}", ":3: [sls] headers.X-A has to be a string"),
        (f'{GOOD}\nheaders = {{ "X A" = "1" }}', ":3: [sls] headers.X A cannot be written as an HTTP header."),
        (f'{GOOD}\nheaders = {{ X-A = "1\\r\\nX-B: 2" }}', ":3: [sls] headers.X-A cannot be written as an HTTP"),
        (f'{GOOD}\nheaders = {{ X-A = "\u20ac" }}', ":3: [sls] headers.X-A cannot be written as an HTTP header."),
        (f'{GOOD}\nverify-tls = true', ":3: [sls] verify-tls is not a key of this table; known are: base_url, "),
        (f'{GOOD}\n"base url" = "x"', ":3: [sls] base url is not a key of this table; known are: base_url, "),
    ],
)  # fmt: skip
def test_wrong_value_is_told_with_its_place(
    write: Write, lines: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is missing, wrong or unknown is told with file, line, table and key."""
    monkeypatch.delenv("RETRYSPEC_UNSET", raising=False)

    assert complaint_of(write(f"[sls]\n{lines}\n")).startswith(says)


def test_password_in_an_address_is_refused_and_not_repeated(write: Write) -> None:
    """A base URL goes into reports, so that it must not hold a password."""
    complaint = complaint_of(write('[sls]\nbase_url = "http://me:hunter2@h/"'))

    assert complaint.startswith(":2: [sls] base_url has a user or a password")
    assert "hunter2" not in complaint


def test_line_is_that_of_the_right_table(write: Write) -> None:
    """The same key in another table does not lead astray."""
    text = '[vcf]\nverify_tls = 1\n[ sls ]\nbase_url = "http://h"\n[other]\nverify_tls = 1\n'

    assert complaint_of(write(text.replace("[other]", "verify_tls = 2\n[other]"))).startswith(":5: [sls] verify_tls")


# What comes out


def test_claim_has_what_the_table_says(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key is read; what came from the environment is a secret where it stands in a header."""
    monkeypatch.setenv("RETRYSPEC_TOKEN", "a-token")
    monkeypatch.setenv("RETRYSPEC_URL", "https://host.test:8443/api/")
    file = write(
        '[sls]\nbase_url = { env = "RETRYSPEC_URL" }\nstates_url = "http://h/_states?x=1"\nverify_tls = false\n'
        'operations = ["retryShipperTask"]\nknown = { "SLS-GET-01" = "not yet" }\n'
        '[sls.headers]\nX-Token = { env = "RETRYSPEC_TOKEN" }\nX-Tenant = "caf\u00e9 1"\nX-Empty = ""\n'
    )

    claim = claim_of(file)

    assert (claim.origin.scheme, claim.origin.hostname, claim.origin.port) == ("https", "host.test", 8443)
    assert claim.base_path == "/api"
    assert claim.states_url == "http://h/_states?x=1"
    assert claim.operations == {"retryShipperTask"}
    assert claim.known == {"SLS-GET-01": "not yet"}
    assert claim.verify_tls is False
    assert claim.headers == {"X-Token": "a-token", "X-Tenant": "caf\u00e9 1", "X-Empty": ""}
    assert claim.secrets == ("a-token",)


def test_what_is_left_out_has_a_default(write: Write) -> None:
    """The address is all that is needed; every operation is claimed then and TLS is verified."""
    claim = claim_of(write(f"[sls]\n{GOOD}\n"))

    assert claim.operations == OPERATIONS
    assert claim.base_path == ""
    assert claim.verify_tls is True
    assert (claim.states_url, claim.known, claim.headers, claim.secrets) == (None, {}, {}, ())


def test_table_takes_lists_by_name() -> None:
    """A table of lists is read entry by entry."""
    table = Table("sls", {"tasks": {"fail": ["a", "b"], "running": []}}, file="f.toml")

    assert table.texts_map("tasks") == {"fail": ("a", "b"), "running": ()}
    with pytest.raises(UsageError, match=r"f\.toml: \[sls\] tasks\.fail has to be a list of strings"):
        Table("sls", {"tasks": {"fail": "a"}}, file="f.toml").texts_map("tasks")


def test_secret_in_clear_is_warned_of(tmp_path: Path) -> None:
    """A secret that stands in the file itself is named with its line; so is a file that others can read."""
    file = tmp_path / "target.toml"
    file.write_text('[api]\nname = "n"\nkey = "hunter2"\n', encoding="utf-8")
    file.chmod(0o644)
    table = read_target_file(file)["api"]

    assert (table.text("name"), table.secret("key")) == ("n", "hunter2")

    assert table.warning == (
        f'{file}:3: [api] key stands there in clear, and others can read the file; better is {{ env = "NAME" }}.'
    )
    file.chmod(0o600)
    assert table.warning == f'{file}:3: [api] key stands there in clear; better is {{ env = "NAME" }}.'


def test_headers_with_the_name_of_a_secret_hold_one(tmp_path: Path) -> None:
    """Whoever sends a key of his own in a header does not want it shown, even where it stands in clear."""
    file = tmp_path / "target.toml"
    file.write_text(
        f'[sls]\n{GOOD}\nstates_url = "http://h/_states?token=a-third&db=x"\n'
        'headers = { X-Api-Key = "a-key", X-Tenant = "ours", Cookie = "a=b" }\n',
        encoding="utf-8",
    )
    file.chmod(0o600)
    table = read_target_file(file)["sls"]

    claim = read_claim(table, operations=OPERATIONS)

    assert claim.secrets == ("a-key", "a=b", "a-third")
    assert table.warning is not None
    assert "[sls] headers.X-Api-Key, headers.Cookie stands there in clear" in table.warning


def test_secret_from_the_environment_is_not_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is where secrets belong."""
    monkeypatch.setenv("THE_KEY", "hunter2")
    file = tmp_path / "target.toml"
    file.write_text('[api]\nkey = { env = "THE_KEY" }\n', encoding="utf-8")
    table = read_target_file(file)["api"]

    assert table.secret("key") == "hunter2"
    assert table.warning is None
