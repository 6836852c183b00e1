"""SLS servers that refuse a request for what is wrong around its body, and do what it asks for all the same."""

import re
from collections.abc import Sequence

from retryspec_models.sls.stubs import Call, Refusal

from retryspec.authentication.sls import Claim
from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import faulty

QUOTED = re.compile(rb'"([^"\\]+)"')


QUOTED = re.compile(rb'"([^"\\]+)"')


class Rash(Server):
    """Starts first and looks later."""

    def start_named(self, call: Call, most: int = 100) -> None:
        """Start whatever a PUT names, if there is a shipper."""
        shipper = self.store.shipper(self.name_of(call))
        ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
        if call.method == "PUT" and shipper is not None and ids:
            self.start_again(shipper, ids[:most])


@faulty("SLS-RETRY-11", says="A retry whose signature is wrong is refused and done.")
class WrongSignatureRuns(Rash):
    """Answers what another part has found, later."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="Of a retry whose signature is wrong the first task runs before the refusal.")
class WrongSignatureRunsFirst(Rash):
    """Is stopped on its way."""

    def check_signature(self, call: Call, claim: Claim, secret: str) -> None:
        """Start the first that is named before the refusal."""
        try:
            super().check_signature(call, claim, secret)
        except Refusal:
            self.start_named(call, 1)
            raise


@faulty("SLS-RETRY-11", says="A retry of an unknown AccessKeyId is refused and done.")
class UnknownKeyRuns(Rash):
    """Looks for the key when all is done."""

    def authenticate(self, call: Call) -> None:
        """Start what is named before the refusal of a key."""
        if call.header("authorization") and self.claim_of(call).key_id not in self.keys:
            self.start_named(call)
        super().authenticate(call)


@faulty("SLS-RETRY-11", says="A retry without Authorization is refused and done.")
class AnonymousRuns(Rash):
    """Asks who it was."""

    def authenticate(self, call: Call) -> None:
        """Start what is named before the refusal."""
        if call.header("authorization") is None:
            self.start_named(call)
        super().authenticate(call)


@faulty("SLS-RETRY-11", says="A retry whose date is too old is refused and done.")
class StaleRetryRuns(Rash):
    """Looks at the date when all is done."""

    def check_date(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_date(call)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="A retry with another x-log-apiversion is refused and done.")
class WrongVersionRuns(Rash):
    """Looks at the version when all is done."""

    def check_version(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_version(call)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="A retry with another x-log-signaturemethod is refused and done.")
class WrongSignatureMethodRuns(Rash):
    """Looks at the way to sign when all is done."""

    def check_signature_method(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_signature_method(call)
        except Refusal:
            self.start_named(call)
            raise


@faulty("SLS-RETRY-11", says="A retry of another Content-Type is refused and done.")
class WrongTypeRuns(Rash):
    """Looks at the type when all is done."""

    def check_content_type(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_content_type(call)
        except Refusal:
            self.start_named(call)
            raise


# Other methods


@faulty("SLS-RETRY-11", says="A POST is answered 405 and retries.")
class PostRuns(Rash):
    """Has a second route that answers and does."""

    method = "POST"

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Start what is named before the refusal."""
        shipper = self.store.shipper(self.name_of(call))
        ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
        if call.method == self.method and shipper is not None:
            self.start_again(shipper, ids[:10])
        return super().method_not_allowed(call, allow)


@faulty("SLS-RETRY-11", says="A PATCH is answered 405 and retries.")
class PatchRuns(PostRuns):
    """Has a second route that answers and does."""

    method = "PATCH"


@faulty("SLS-RETRY-11", says="A DELETE is answered 405 and drops the failed tasks.")
class DeleteDrops(Server):
    """Has a route that it does not admit to."""

    def method_not_allowed(self, call: Call, allow: Sequence[str]) -> Refusal:
        """Drop what has failed before the refusal."""
        shipper = self.store.shipper(self.name_of(call))
        if call.method == "DELETE" and shipper is not None:
            with self.store.database.writing() as connection:
                connection.execute(
                    "DELETE FROM sls_task WHERE shipper = ? AND outcome = 'fail' AND ends <= ?",
                    (shipper.number, self.now()),
                )
        return super().method_not_allowed(call, allow)


# Wrong names


class Misled(Rash):
    """Refuses a name that it does not know, and starts the tasks wherever they are."""

    def start_anywhere(self, call: Call) -> None:
        """Start whatever a PUT names in all shippers."""
        ids = [id_.decode(errors="replace") for id_ in QUOTED.findall(call.body)]
        with self.store.database.reading() as connection:
            numbers = connection.execute(
                f"SELECT DISTINCT shipper FROM sls_task WHERE id IN ({', '.join('?' * len(ids))})", ids
            )
            shippers = [Shipper(number, self.name_of(call), None) for (number,) in numbers.fetchall()]
        for shipper in shippers if call.method == "PUT" else ():
            self.start_again(shipper, ids[:10])


@faulty("SLS-RETRY-11", says="A retry in an unknown project is refused, and the tasks of that id run in another.")
class UnknownProjectRuns(Misled):
    """Looks for the project when all is done."""

    def check_project(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_project(call)
        except Refusal:
            self.start_anywhere(call)
            raise


@faulty("SLS-RETRY-11", says="A retry in an unknown logstore is refused, and the tasks of that id run in another.")
class UnknownLogstoreRuns(Misled):
    """Looks for the logstore when all is done."""

    def check_logstore(self, call: Call) -> None:
        """Start what is named before the refusal."""
        try:
            super().check_logstore(call)
        except Refusal:
            self.start_anywhere(call)
            raise


@faulty("SLS-RETRY-11", says="A retry in an unknown shipper is refused, and the tasks of that id run in another.")
class UnknownShipperRuns(Misled):
    """Looks for the shipper when all is done."""

    def shipper_of(self, call: Call) -> Shipper:
        """Start what is named before the refusal."""
        try:
            return super().shipper_of(call)
        except Refusal:
            self.start_anywhere(call)
            raise
