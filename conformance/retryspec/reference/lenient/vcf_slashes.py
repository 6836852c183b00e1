"""VCF servers that answer a path with a slash at its end in another way."""

from collections.abc import Sequence

from retryspec_models.vcf.stubs import Call, Refusal
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from retryspec.reference.variations import lenient
from retryspec.reference.vcf import Server
from retryspec.reference.vcf.routing import TolerantRoute

MARK = "x-had-slash"


class MarkedRoute(TolerantRoute):
    """Tells the server of a slash at the end, which the route itself passes over."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match, and leave a mark where there was a slash."""
        match, found = super().matches(scope)
        if match is Match.NONE or not scope.get("path", "").endswith("/"):
            return match, found
        return match, {**found, "headers": [*scope["headers"], (MARK.encode(), b"1")]}


class SeesSlashes(Server):
    """Knows whether a path had a slash at its end."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return routes that leave the mark."""
        return [MarkedRoute(one.inside) for one in super().routes() if isinstance(one, TolerantRoute)]


@lenient("vcf A25", says="A path with a slash at its end is redirected to the one without it.")
class SlashRedirects(SeesSlashes):
    """Has one address for each thing, as many frameworks do."""

    def admit(self, call: Call) -> None:
        """Show the way before anything else."""
        if call.header(MARK):
            raise Refusal(308, headers={"Location": call.raw_path.decode("latin-1")})
        super().admit(call)
