"""VCF servers at which signing in and refreshing go wrong."""

from retryspec_models.vcf.models import AccessToken, TokenCreationSpec
from retryspec_models.vcf.stubs import Call, Problem, Refusal
from starlette.responses import Response

from retryspec.reference.variations import faulty
from retryspec.reference.vcf import Server, faults
from retryspec.reference.wire import json_of, with_body, with_json, with_status

REFRESH = "refreshAccessToken"


@faulty("VCF-AUTH-02", says="The empty password will do.")
class EmptyPasswordLetsIn(Server):
    """Has users without one."""

    def check_password(self, username: str, password: str) -> None:
        """Let in more than one."""
        if not (username in self.users and not password):
            super().check_password(username, password)


@faulty("VCF-AUTH-02", says="The beginning of the password will do.")
class PasswordStartIsEnough(Server):
    """Compares what it was given."""

    def check_password(self, username: str, password: str) -> None:
        """Let in more than one."""
        if not (password and self.users.get(username, "").startswith(password)):
            super().check_password(username, password)


@faulty("VCF-AUTH-02", says="Blanks around the password do not matter.")
class PasswordIsTrimmed(Server):
    """Cleans what it is given."""

    def check_password(self, username: str, password: str) -> None:
        """Let in more than one."""
        if self.users.get(username) != password.strip():
            super().check_password(username, password)


@faulty("VCF-AUTH-02", says="Anybody who knows a password is let in.")
class AnyUserLetIn(Server):
    """Looks for the password alone."""

    def check_password(self, username: str, password: str) -> None:
        """Let in more than one."""
        if password not in self.users.values():
            super().check_password(username, password)


@faulty("VCF-AUTH-02", says="The user's name will do as the password.")
class NameIsPassword(Server):
    """Has set all passwords so."""

    def check_password(self, username: str, password: str) -> None:
        """Let in more than one."""
        if not (username in self.users and username == password):
            super().check_password(username, password)


@faulty("VCF-AUTH-02", says="Any API key is let in.")
class AnyKeyLetsIn(Server):
    """Does not keep them."""

    def signed_in(self, body: TokenCreationSpec) -> str:
        """Let in more than one."""
        if isinstance(body.api_key, str) and not isinstance(body.username, str):
            return next(iter(self.users))
        return super().signed_in(body)


@faulty("VCF-AUTH-02", says="Any identity token is let in.")
class AnyIdentityLetsIn(Server):
    """Trusts who sends it."""

    def signed_in(self, body: TokenCreationSpec) -> str:
        """Let in more than one."""
        if isinstance(body.id_token, str):
            return next(iter(self.users))
        return super().signed_in(body)


@faulty("VCF-AUTH-02", says="A user's name with any API key is let in.")
class NameAndKeyLetIn(Server):
    """Looks for a password where there is no key."""

    def signed_in(self, body: TokenCreationSpec) -> str:
        """Let in more than one."""
        if isinstance(body.api_key, str) and body.username in self.users:
            return next(iter(self.users))
        return super().signed_in(body)


@faulty("VCF-AUTH-02", "VCF-AUTH-04", says="A login of an unknown user is a fault.")
class UnknownUserFails(Server):
    """Looks for the password of nobody."""

    def check_password(self, username: str, password: str) -> None:
        """Fail for an unknown user."""
        if username not in self.users:
            raise self.refuse(faults.INTERNAL)
        super().check_password(username, password)


@faulty("VCF-AUTH-03", says="The refreshToken has no id.")
class RefreshTokenHasNoId(Server):
    """Gives no second token."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "createToken" and response.status_code in (200, 201):
            return with_json(response, {**json_of(response), "refreshToken": {}})
        return response


@faulty("VCF-AUTH-03", says="The tokens of a login are in an array.")
class TokensInArray(Server):
    """Has room for several."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "createToken" and response.status_code in (200, 201):
            return with_json(response, [json_of(response)])
        return response


@faulty("VCF-AUTH-04", "VCF-ERROR-01", says="A refused login has no body.")
class RefusedLoginIsEmpty(Server):
    """Says nothing to strangers."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "createToken" and response.status_code == 401:
            return with_body(response, b"", media_type=None)
        return response


@faulty("VCF-AUTH-02", "VCF-AUTH-03", says="A refused login is answered 200 with an Error.")
class RefusedLoginIs200(Server):
    """Says in the body what is wrong."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "createToken" and response.status_code == 401:
            return with_status(response, 200)
        return response


@faulty("VCF-AUTH-04", "VCF-AUTH-02", says="A login that cannot be read is a fault.")
class UnreadableLoginFails(Server):
    """Does not look at what it reads."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "createToken" and response.status_code == 400:
            return with_status(response, 500)
        return response


@faulty("VCF-AUTH-05", says="The new access token is no good.")
class RefreshedIsNoGood(Server):
    """Gives it before it is stored, and never stores it."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "refreshAccessToken" and response.status_code in (200, 201):
            return with_json(response, f"{json_of(response)}x")
        return response


@faulty("VCF-AUTH-05", says="The new access token is in an object.")
class RefreshedInObject(Server):
    """Answers as it does to a login."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "refreshAccessToken" and response.status_code in (200, 201):
            return with_json(response, {"accessToken": json_of(response)})
        return response


@faulty("VCF-AUTH-05", says="A refresh is answered 201.")
class RefreshIs201(Server):
    """Has made something."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "refreshAccessToken" and response.status_code in (200, 201):
            return with_status(response, 201)
        return response


@faulty("VCF-AUTH-05", "VCF-ERROR-01", says="The refusal of an unknown refresh token has no body.")
class RefusedRefreshIsEmpty(Server):
    """Says nothing to strangers."""

    def finish(self, call: Call, response: Response) -> Response:
        """Give some answers another form."""
        response = super().finish(call, response)
        if call.operation_id == "refreshAccessToken" and response.status_code >= 400:
            return with_body(response, b"", media_type=None)
        return response


@faulty("VCF-AUTH-05", says="Any refresh token is good.")
class AnyRefreshIsGood(Server):
    """Takes what it does not know for an old one."""

    def refreshed(self, value: str) -> AccessToken:
        """Return a token for any id."""
        try:
            return super().refreshed(value)
        except Refusal:
            access = self.new_access_token(next(iter(self.users)))
            self.keep(access)
            return AccessToken(access.value)


@faulty("VCF-AUTH-05", says="A refresh with an object as its body is a fault.")
class RefreshOfObjectFails(Server):
    """Takes any body for a text."""

    def invalid_body(self, call: Call, problem: Problem) -> Refusal:
        """Return an internal error."""
        if call.operation_id == REFRESH and call.body.startswith(b"{"):
            return self.refuse(faults.INTERNAL)
        return super().invalid_body(call, problem)
