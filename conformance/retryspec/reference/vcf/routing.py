"""The generated routes, a little more tolerant: a slash at the end of a path, and HEAD in the place of GET."""

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

__all__ = ["TolerantRoute"]


class TolerantRoute(BaseRoute):
    """A route that takes what the route inside it takes, and what real clients send besides (vcf A24, A25)."""

    def __init__(self, inside: BaseRoute, *, slash: bool = True, head: bool = True) -> None:
        self.inside = inside
        self.slash = slash
        self.head = head

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match what the inner route does, also with a slash at the end."""
        match, found = self.inside.matches(scope)
        if match is not Match.NONE or scope["type"] != "http" or not self.slash:
            return match, found
        shorter = _without_slash(scope)
        if shorter is None:
            return match, found
        match, found = self.inside.matches(shorter)
        return match, {**found, "path": shorter["path"], "raw_path": shorter["raw_path"]}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the inner route answer; the server that sends a HEAD's answer leaves out its body."""
        if scope["method"] == "HEAD" and self.head:
            scope = {**scope, "method": "GET"}
        await self.inside.handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Nothing: these routes have no names."""
        raise NoMatchFound(name, path_params)


def _without_slash(scope: Scope) -> Scope | None:
    path, raw_path = scope["path"], scope.get("raw_path") or b""
    if not (path.endswith("/") and raw_path.endswith(b"/")) or path.endswith("//"):
        return None
    return {**scope, "path": path[:-1], "raw_path": raw_path[:-1]}
