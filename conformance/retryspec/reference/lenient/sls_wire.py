"""SLS servers that write their answers in another form."""

from retryspec_models.sls.stubs import Call
from starlette.responses import Response

from retryspec.reference.sls import Server
from retryspec.reference.variations import lenient
from retryspec.reference.wire import json_of, with_json


@lenient("sls A-33", says="Answers have more members than the contract names, in another order, and more headers.")
class FurtherMembers(Server):
    """Says more than it has to."""

    def finish(self, call: Call, response: Response) -> Response:
        """Add a member to every object, before the others, and a header to every answer."""
        response = super().finish(call, response)
        response.headers["Access-Control-Allow-Origin"] = "*"
        if not response.body:
            return response
        answer = {"region": "cn-test", **json_of(response)}
        if "tasks" in answer:
            answer["tasks"] = [{"shard": 0, **dict(reversed(task.items()))} for task in answer["tasks"]]
        return with_json(response, answer)
