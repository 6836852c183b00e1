"""SLS servers that take one thing for another: a pattern for a name, somebody else's signature for this one."""

import time
from collections.abc import Iterator
from threading import Lock

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.authentication.sls import Claim, verify
from retryspec.reference.apis import Setting
from retryspec.reference.faulty.sls_signature import Signed, Unbound
from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper, ShipperName, Store
from retryspec.reference.variations import faulty

# Names


class PatternStore(Store):
    """Compares names as SQL compares patterns."""

    def shipper(self, name: ShipperName) -> Shipper | None:
        """Return the first shipper that is like this; letter case counts."""
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT number, fault, name FROM sls_shipper WHERE project = ? AND logstore = ? AND name LIKE ?",
                (name.project, name.logstore, name.shipper),
            ).fetchall()
        # LIKE has no letter case here; whether names have is open, and not what is wrong with this server.
        like = [row for row in rows if row[2] == name.shipper or row[2].lower() != name.shipper.lower()]
        return Shipper(like[0][0], name, like[0][1]) if like else None


@faulty("SLS-COMMON-16", says="A shipper's name may be a pattern: % and _ stand for any letters.")
class ShipperNameIsPattern(Server):
    """Looks with LIKE."""

    store_type = PatternStore


class BeginningStore(Store):
    """Finds a project by the beginning of its name."""

    def has_project(self, project: str) -> bool:
        """Tell whether a project begins like this."""
        with self.database.reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM sls_shipper WHERE substr(project, 1, length(?)) = ? LIMIT 1", (project, project)
            )
            return found.fetchone() is not None


@faulty("SLS-COMMON-14", says="Where a project's name is only begun, its logstore is what does not exist.")
class ProjectNameBegun(Server):
    """Looks for the beginning of a name."""

    store_type = BeginningStore


@faulty("SLS-COMMON-03", says="A retry finds the shipper in whatever logstore of the project has one of this name.")
class RetryInAnyLogstore(Server):
    """Passes over the logstore where it has no such shipper; a list does not."""

    def shipper_of(self, call: Call) -> Shipper:
        """Look in the others."""
        name = self.name_of(call)
        if self.store.shipper(name) is None and call.method == "PUT":
            with self.store.database.reading() as connection:
                row = connection.execute(
                    "SELECT number FROM sls_shipper WHERE project = ? AND name = ?", (name.project, name.shipper)
                ).fetchone()
            if row is not None:
                return Shipper(row[0], name, None)
        return super().shipper_of(call)


# Signatures


@faulty("SLS-COMMON-05", says="A signature is verified without the x-log headers that the server does not know.")
class UnknownLogHeaderNotSigned(Server):
    """Has a list of them."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Leave out the others."""
        known = {"x-log-apiversion", "x-log-signaturemethod", "x-log-bodyrawsize", "x-log-date"}
        headers = [header for header in call.headers if not header[0].startswith("x-log-") or header[0] in known]
        if not verify(secret, claim.signature, call.method, self.signed_target(call), headers):
            raise self.refuse(faults.SIGNATURE_WRONG, value=claim.signature)


@faulty("SLS-COMMON-05", says="A signature made for another offset is accepted.")
class SignatureOfAnyOffset(Unbound):
    """Does not cover the offset."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same from other places on."""
        path, _, query = self.signed_target(call).partition("?")
        for offset in range(100):
            pairs = [f"offset={offset}" if pair.startswith("offset=") else pair for pair in query.split("&")]
            yield call.method, f"{path}?{'&'.join(pairs)}", list(call.headers)


@faulty("SLS-COMMON-05", says="The query of a retry may be added after the signature.")
class RetrySignatureWithoutQuery(Unbound):
    """Does not cover what means nothing to it."""

    def others(self, call: Call) -> Iterator[Signed]:
        """Give the same without a query."""
        if call.method == "PUT":
            yield call.method, self.signed_target(call).partition("?")[0], list(call.headers)


@faulty("SLS-COMMON-05", says="A retry of no task needs no Authorization.")
class EmptyRetryForAnybody(Server):
    """Has nothing to protect there."""

    def authenticate(self, call: Call) -> None:
        """Let it pass."""
        if call.header("authorization") is not None or call.method != "PUT" or call.body.strip() != b"[]":
            super().authenticate(call)


@faulty("SLS-COMMON-05", says="A wrong signature passes while a right one of the same key is under way.")
class SignatureOfAnother(Server):
    """Remembers who is let in, for as long as that takes, by the key alone."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.inside = 0
        self.lock = Lock()

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Look whether the key is inside already."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            time.sleep(0.02)
            if not self.inside:
                raise
            return
        self.count(1)
        time.sleep(0.05)
        self.count(-1)

    def count(self, step: int) -> None:
        """Count who comes and goes."""
        with self.lock:
            self.inside += step


# Requests


@faulty("SLS-GET-26", says="A GET that says that it has no bytes is refused.", warns=True)
class GetOfNoBytesRefused(Server):
    """Takes every Content-Length for a body."""

    def check_headers(self, call: Call) -> None:
        """Look whether there is one."""
        super().check_headers(call)
        if call.method == "GET" and call.header("content-length") is not None:
            raise self.refuse(faults.HEADER_INVALID, name="content-length")


@faulty("SLS-GET-01", says="A GET with `to` before `from` in its query is refused.")
class BoundsByPlace(Server):
    """Reads the bounds by their places."""

    def check_headers(self, call: Call) -> None:
        """Look at the order of the names."""
        super().check_headers(call)
        if [name for name, _ in call.query if name in ("from", "to")] == ["to", "from"]:
            raise self.refuse(faults.WINDOW_EMPTY)
