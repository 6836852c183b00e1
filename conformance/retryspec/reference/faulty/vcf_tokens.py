"""VCF servers that let in whom they should not, refuse whom they should let in, or act before they refuse."""

import base64
import json

from retryspec_models.vcf.models import AccessToken, RefreshTokenId
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.vcf.store import NewTask, State, Store, Task, Token, TokenKind
from retryspec.reference.wire import json_of, with_body, with_json, with_status

# VCF-AUTH-01


@faulty("VCF-AUTH-01", says="The list needs no token.")
class ListIsOpen(Server):
    """Takes a list for harmless."""

    open_operations = Server.open_operations | {"getTasks"}


@faulty("VCF-AUTH-01", says="The signature of a token is not looked at.")
class SignatureIgnored(Server):
    """Reads what a token says, and believes it."""

    def known_token(self, value: str) -> Token:
        """Return a token as it describes itself."""
        try:
            claims = json.loads(base64.urlsafe_b64decode(f"{value.split('.')[1]}=="))
            return Token(value, TokenKind.ACCESS, str(claims["sub"]), float(claims["exp"]))
        except (IndexError, KeyError, TypeError, ValueError):
            return super().known_token(value)


# VCF-AUTH-02 to VCF-AUTH-04


@faulty("VCF-AUTH-02", says="The case of a password does not matter.")
class PasswordCaseIgnored(Server):
    """Is kind to who types badly."""

    def check_password(self, username: str, password: str) -> None:
        """Refuse another password, in any case."""
        known = self.users.get(username, "")
        same = known and known.lower() == password.lower()
        super().check_password(username, known if same else password)


@faulty("VCF-AUTH-03", says="The refreshToken is a text.")
class RefreshTokenIsText(Server):
    """Looks as one page shows it that is not the vendor's."""

    def finish(self, call: Call, response: Response) -> Response:
        """Put the id in the place of the object."""
        response = super().finish(call, response)
        if call.operation_id != "createToken" or response.status_code != 201:
            return response
        pair = json_of(response)
        return with_json(response, {**pair, "refreshToken": pair["refreshToken"]["id"]})


@faulty("VCF-AUTH-04", says="A login is answered 202.")
class LoginAnswers202(Server):
    """Is still at it."""

    def finish(self, call: Call, response: Response) -> Response:
        """Turn the 201 into a 202."""
        response = super().finish(call, response)
        return with_status(response, 202) if response.status_code == 201 else response


# VCF-AUTH-05


@faulty("VCF-AUTH-05", says="A new access token comes without quotes.")
class RefreshedIsBare(Server):
    """Sends a text, which is no JSON."""

    def finish(self, call: Call, response: Response) -> Response:
        """Take the quotes away."""
        response = super().finish(call, response)
        if call.operation_id != "refreshAccessToken" or response.status_code != 200:
            return response
        return with_body(response, bytes(response.body).strip(b'"'), media_type="application/json")


@faulty("VCF-AUTH-05", says="An access token is taken for the id of a refresh token.")
class AccessTokenRefreshes(Server):
    """Has one table for both."""

    def refresh_token(self, value: str) -> Token:
        """Return a token of either kind."""
        return (self.store.token(TokenKind.ACCESS, value) if value.isascii() else None) or super().refresh_token(value)


@faulty("VCF-AUTH-05", says="A refresh token is good once.", warns=True)
class RefreshOnce(Server):
    """Gives tokens for one use."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.used: set[str] = set()

    def refresh_access_token(self, call: Call, *, body: RefreshTokenId) -> AccessToken:
        """Refuse an id that was used."""
        if body.root in self.used:
            raise self.refuse(faults.REFRESH_TOKEN_UNKNOWN)
        token = super().refresh_access_token(call, body=body)
        self.used.add(body.root)
        return token


# VCF-STATE-04, VCF-STATE-05: what is refused has an effect


@faulty("VCF-STATE-04", says="A retry without a token is refused, and starts the task.")
class RefusedTokenStarts(Server):
    """Starts first and asks afterwards."""

    def authenticate(self, call: Call) -> None:
        """Start a task, and look at the token."""
        try:
            super().authenticate(call)
        except Refusal:
            if call.operation_id == "retryTask":
                self.store.start_again(call.path_parameters["id"], self.now())
            raise


class ConflictStamps(Store):
    """Notes refused retries at the task."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task again, or change when it was completed."""
        if super().start_again(id_, now):
            return True
        with self.database.writing() as connection:
            connection.execute("UPDATE vcf_task SET ends = ends + 1 WHERE id = ? AND ends < ?", (id_, now - 2))
        return False


@faulty("VCF-STATE-04", says="A retry that is refused with 409 changes when the task was completed.")
class ConflictChangesEnd(Server):
    """Stamps whatever it touches."""

    store_type = ConflictStamps


class ConflictStarts(Store):
    """Starts another task than the one that cannot be started."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task again, or the one that was made next."""
        if super().start_again(id_, now):
            return True
        with self.database.reading() as connection:
            next_one = connection.execute(
                "SELECT id FROM vcf_task WHERE number = 1 + (SELECT number FROM vcf_task WHERE id = ?)", (id_,)
            ).fetchone()
        if next_one is not None:
            super().start_again(next_one[0], now)
        return False


@faulty(
    "VCF-STATE-04",
    "VCF-RETRY-03",
    "VCF-STATE-02",
    says="A retry that is refused with 409 starts the task that was made next.",
)
class ConflictStartsNext(Server):
    """Looks for something that it can start."""

    store_type = ConflictStarts


@faulty("VCF-STATE-05", says="A retry of an unknown task is refused with 404, and makes one.")
class UnknownTaskMade(Server):
    """Has room for it the next time."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task, or make one."""
        if self.store.task(id_) is not None or len(id_) != 36:
            super().retry_task(call, id_=id_)
            return
        now = self.now()
        task = Task(0, id_, "A task", 0, State.SUCCESSFUL, now, now, now, 0, True, None, id_)
        self.store.add([NewTask(task)], dropped_after=now + 3600)
        raise self.unknown(id_)
