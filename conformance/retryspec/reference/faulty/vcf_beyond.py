"""VCF servers that go wrong with what stands beside the obvious: a name, a form, a list, a last character."""

import json
import threading
from dataclasses import replace

from retryspec_models.vcf.models import AccessToken
from retryspec_models.vcf.stubs import Call, Refusal
from starlette.responses import Response

from retryspec.reference.apis import Setting
from retryspec.reference.faulty.vcf_refusing import REFUSED
from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.description import kind_of
from retryspec.reference.vcf.store import State, Store, Task, Token, TokenKind
from retryspec.reference.wire import json_of, with_body, with_json, with_status

# How long a thread waits for others that do the same.
INSTANT = 0.02


@faulty("VCF-LIST-01", "VCF-LIST-04", says="A taskName with characters beyond ASCII is 500.")
class NameBeyondAsciiFails(Server):
    """Looks for names in an old database."""

    def matches_name(self, task: Task, text: str) -> bool:
        """Fail at a text that the database cannot hold."""
        text.encode("ascii")
        return super().matches_name(task, text)


@faulty("VCF-LIST-05", says="Of a taskType only the first eight characters count.", warns=True)
class TypeIsCutOff(Server):
    """Keeps types in a short column."""

    def matches_type(self, task: Task, type_: str) -> bool:
        """Compare the beginnings."""
        return kind_of(task.kind).type[:8] == type_[:8]


class NameInConflict(Server):
    """Tells in a conflict which task it is about."""

    def finish(self, call: Call, response: Response) -> Response:
        """Put the name of the task into the message."""
        response = super().finish(call, response)
        task = self.store.task(call.path_parameters.get("id", ""))
        if response.status_code != 409 or task is None:
            return response
        return with_body(response, self.conflict_about(task.name, response), media_type="application/json")

    def conflict_about(self, name: str, response: Response) -> bytes:
        """Return the body of a 409, in the way of this server."""
        return bytes(response.body)


@faulty("VCF-RETRY-10", "VCF-ERROR-01", says="The 409 quotes the task's name as it is, quotation marks and all.")
class NameIsQuotedRaw(NameInConflict):
    """Writes its JSON by hand."""

    def conflict_about(self, name: str, response: Response) -> bytes:
        """Return the name without escapes."""
        return f'{{"message": "{name} cannot be retried.", "referenceToken": "A1B2C3"}}'.encode()


@faulty("VCF-RETRY-10", "VCF-ERROR-01", says="The 409 quotes the task's name in Latin-1.")
class NameIsQuotedInLatin1(NameInConflict):
    """Comes from a time before UTF-8."""

    def conflict_about(self, name: str, response: Response) -> bytes:
        """Return the name in another encoding than that of JSON."""
        return json.dumps(json_of(response) | {"message": name}, ensure_ascii=False).encode("latin-1", "replace")


@faulty("VCF-GET-03", says="A reading of an unknown id that names a media type is 200 and null.")
class NullForWhoNamesAType(Server):
    """Converts nothing to JSON for who asks for it."""

    def finish(self, call: Call, response: Response) -> Response:
        """Answer null in place of a 404."""
        response = super().finish(call, response)
        unknown = call.operation_id == "getTask" and response.status_code == 404
        if not unknown or call.header("content-type") is None:
            return response
        return with_status(with_body(response, b"null", media_type="application/json"), 200)


@faulty("VCF-RETRY-14", "VCF-RETRY-09", says="A retry of a pending task with a body is answered 200.")
class BodyIsQueuedBehindPending(Server):
    """Takes what has a body for a change of what is to be done."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Accept a body for a task that has not begun."""
        if not (call.body and self.task_of(id_).state(self.now()) is State.PENDING):
            super().retry_task(call, id_=id_)


@faulty("VCF-RETRY-07", says="A retry of an unknown id with a body is 400.", warns=True)
class BodyBeforeUnknown(Server):
    """Has no use for a body where there is no task."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Refuse a body for no task."""
        if call.body and self.store.task(id_) is None:
            raise self.refuse(REFUSED)
        super().retry_task(call, id_=id_)


@faulty("VCF-RETRY-07", "VCF-RETRY-03", says="The first part of a UUID is enough to retry its task.")
class FirstPartIsEnough(Server):
    """Lets people use the ids that they tell each other."""

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry the task whose id begins so."""
        full = [task.id for task in self.store.tasks() if task.id.startswith(f"{id_}-")]
        super().retry_task(call, id_=full[0] if full else id_)


@faulty("VCF-STATE-04", says="A 409 to a task that succeeded leaves it unresolved in the list.")
class RefusalShowsInList(Server):
    """Lists what somebody was not content with."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.refused: set[str] = set()

    def conflict(self, task: Task) -> Refusal:
        """Remember who was refused."""
        self.refused.add(task.id)
        return super().conflict(task)

    def finish(self, call: Call, response: Response) -> Response:
        """List the tasks that were refused as unresolved."""
        response = super().finish(call, response)
        if call.operation_id != "getTasks" or response.status_code != 200:
            return response
        page = json_of(response)
        for task in page["elements"]:
            task |= {"resolutionStatus": "UNRESOLVED"} if task["id"] in self.refused else {}
        return with_json(response, page)


@faulty("VCF-GET-05", says="A list with doLiveRefresh resolves the failed tasks that it shows.")
class LiveRefreshResolves(Server):
    """Takes for seen what was shown."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.seen: set[str] = set()

    def finish(self, call: Call, response: Response) -> Response:
        """Remember what a live list shows, and show it as resolved from then on."""
        response = super().finish(call, response)
        if response.status_code != 200:
            return response
        if call.operation_id == "getTasks" and b"doLiveRefresh=true" in call.raw_query:
            self.seen |= {task["id"] for task in json_of(response)["elements"] if task["status"] == "Failed"}
        if call.operation_id == "getTask" and call.path_parameters["id"] in self.seen:
            return with_json(response, json_of(response) | {"resolutionStatus": "RESOLVED"})
        return response


@faulty("VCF-RETRY-05", "VCF-STATE-02", says="A retry with a refreshed access token starts nothing.")
class RefreshedTokenStartsNothing(Server):
    """Tries what a refreshed token asks for, and takes it back."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.given_later: set[str] = set()

    def refreshed(self, value: str) -> AccessToken:
        """Remember the token that is given."""
        token = super().refreshed(value)
        self.given_later.add(token.root)
        return token

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Retry a task for who signed in."""
        failed = self.task_of(id_).state(self.now()) is State.FAILED
        if not (failed and self.token_of(call) in self.given_later):
            super().retry_task(call, id_=id_)


@faulty("VCF-AUTH-01", says="The last character of an access token does not count.")
class LastCharacterIsLost(Server):
    """Keeps tokens in a column that is one character too short."""

    def keep(self, *tokens: Token) -> None:
        """Remember the access tokens without their ends."""
        cut = (replace(token, value=token.value[:-1]) if token.kind is TokenKind.ACCESS else token for token in tokens)
        super().keep(*cut)

    def known_token(self, value: str) -> Token:
        """Look for a token without its end."""
        return super().known_token(value[:-1])


@faulty("VCF-STATE-07", says="A task that does not tell isRetryable is refused once it has failed again.", warns=True)
class UnflaggedIsRetriedOnce(Server):
    """Knows no better of tasks from before the flag."""

    def start_again(self, task: Task) -> bool:
        """Start a task unless it is an old one that was retried."""
        return not (task.retryable is None and task.runs) and super().start_again(task)


@faulty("VCF-STATE-06", says="Of retries at one moment one with a body and one without are both accepted.")
class BodiesRaceApart(Server):
    """Has a lock for each kind of request."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.locks = {True: threading.Lock(), False: threading.Lock()}

    def retry_task(self, call: Call, *, id_: str) -> None:
        """Look at the task, and start it a moment later, behind the lock of this kind."""
        with self.locks[bool(call.body)]:
            task = self.task_of(id_)
            self.check_health(task)
            if task.state(self.now()) is not State.FAILED or task.retryable is False:
                raise self.conflict(task)
            threading.Event().wait(INSTANT)
            self.start_again(task)


class LateStore(Store):
    """Decides on a task that failed again before it writes."""

    def start_again(self, id_: str, now: float) -> bool:
        """Start a task that failed again without looking at it once more."""
        task = self.task(id_)
        if task is None or not task.runs or task.state(now) is not State.FAILED or task.retryable is False:
            return super().start_again(id_, now)
        threading.Event().wait(INSTANT)
        with self.database.writing() as connection:
            connection.execute(f"UPDATE vcf_task SET {self.rerun()} WHERE id = :id", {"id": id_, "now": now})
        return True


@faulty("VCF-STATE-06", says="Retries at one moment of a task that failed again are all accepted.", slow=True)
class SecondRetryRaces(Server):
    """Is careful the first time alone."""

    store_type = LateStore
