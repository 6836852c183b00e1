"""SLS servers that look at a request in another order (sls A-13): of several faults another one is answered."""

from retryspec_models.sls.models import RetryTaskIds
from retryspec_models.sls.stubs import Call, Problem, Reason, Refusal

from retryspec.reference.sls import Server, faults
from retryspec.reference.sls.store import Shipper
from retryspec.reference.variations import lenient


@lenient("sls A-13", says="Parameters are looked at before the project and the logstore.")
class ParametersFirst(Server):
    """Looks up names only for a query that is right."""

    def admit(self, call: Call) -> None:
        """Let in who is known, whatever the request is about."""
        self.authenticate(call)
        self.check_headers(call)

    def shipper_of(self, call: Call) -> Shipper:
        """Return the shipper, or refuse the first name that does not exist."""
        self.check_project(call)
        self.check_logstore(call)
        self.check_health(call)
        return super().shipper_of(call)


@lenient("sls A-13", says="Parameters are looked at before the signature.")
class AuthenticationAfterParameters(ParametersFirst):
    """Does not spend a digest on a query that is wrong anyway."""

    def admit(self, call: Call) -> None:
        """Let in anybody whose headers are right."""
        self.check_headers(call)

    def shipper_of(self, call: Call) -> Shipper:
        """Return the shipper to who is known."""
        self.authenticate(call)
        return super().shipper_of(call)


@lenient("sls A-13", says="The shipper is looked up before the parameters.")
class ShipperFirst(Server):
    """Looks up every name first."""

    def admit(self, call: Call) -> None:
        """Let in as ever, to a shipper that exists."""
        super().admit(call)
        self.shipper_of(call)


@lenient("sls A-13", says="The names are looked up before the signature is verified.")
class AuthenticationAfterNames(Server):
    """Needs the owner of a project to tell whose keys are good for it."""

    def admit(self, call: Call) -> None:
        """Look up the names, and then let in as ever."""
        self.check_project(call)
        self.check_logstore(call)
        self.shipper_of(call)
        super().admit(call)


@lenient("sls A-13", says="The common headers are looked at before the signature.")
class HeadersFirst(Server):
    """Needs to know the version before it knows how to verify."""

    def admit(self, call: Call) -> None:
        """Look at the headers, and then let in as ever."""
        self.check_headers(call)
        super().admit(call)


@lenient("sls A-13", says="The signature is verified before the date is looked at.")
class DateAfterSignature(Server):
    """Judges a date only once it is known to be signed."""

    def authenticate(self, call: Call) -> None:
        """Refuse what nobody known has signed, and then what is too old."""
        claim = self.claim_of(call)
        self.check_signature(call, claim, self.secret_of(claim))
        self.check_digest(call)
        self.check_date(call)


@lenient("sls A-13", says="The body of a retry is looked at before the shipper.")
class BodyFirst(Server):
    """Reads a body before it looks up what it is about."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return the refusal of a body."""
        return self.refuse(faults.TOO_MANY_TASKS if problem.reason is Reason.TOO_LONG else faults.BODY_INVALID)

    def retry_shipper_task(self, call: Call, *, logstore_name: str, shipper_name: str, body: RetryTaskIds) -> None:
        """Start tasks again, unless they are too many."""
        self.check_number(body.root)
        super().retry_shipper_task(call, logstore_name=logstore_name, shipper_name=shipper_name, body=body)
