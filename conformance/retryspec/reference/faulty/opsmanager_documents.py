"""Ops Manager servers whose lists, links and parameters are not as the documents describe them."""

from typing import Any

from retryspec_models.opsmanager.models import Link, LogCollectionJob
from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.opsmanager import Server, faults
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job
from retryspec.reference.variations import faulty

KNOWN_PARAMETERS = {"pretty", "envelope", "pageNum", "itemsPerPage", "verbose"}


class Listing(Server):
    """Writes a list in its own way."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says; a list in the way of this server."""
        if call.operation_id == "getLogCollectionJobs" and status == 200:
            return self.listing(content)
        return content

    def listing(self, content: dict[str, Any]) -> Any:
        """Return a list in the way of this server."""
        return content


@faulty("OM-COMMON-31", "OM-LIST-05", "OM-LIST-08", says="The totalCount is written as text.")
class TotalAsText(Listing):
    """Writes numbers as text."""

    def listing(self, content: dict[str, Any]) -> Any:
        """Return the list with its total as text."""
        return {**content, "totalCount": str(content["totalCount"])}


class Linking(Server):
    """Links pages in its own way."""

    def links_of(self, call: Call, page_num: int, items_per_page: int, total: int) -> list[Link]:
        """Return the links that this server has."""
        links = super().links_of(call, page_num, items_per_page, total)
        return [link for link in links if self.has_link(link.rel)]

    def has_link(self, rel: str) -> bool:
        """Tell whether there is a link of this relation."""
        return True


@faulty("OM-COMMON-32", says="A list has no link to itself.")
class SelfUnlinked(Linking):
    """Links what is elsewhere."""

    def has_link(self, rel: str) -> bool:
        """Leave out the page itself."""
        return rel != "self"


@faulty("OM-COMMON-32", warns=True, says="The last page has a link to a next one where it is full.")
class NextOfLastLinked(Server):
    """Thinks that a full page is not the last one."""

    def links_of(self, call: Call, page_num: int, items_per_page: int, total: int) -> list[Link]:
        """Return the links of a page that may have one job more after it."""
        return super().links_of(call, page_num, items_per_page, total + 1)


@faulty("OM-LIST-04", warns=True, says="The self link of a list forgets verbose.")
class SelfWithoutVerbose(Server):
    """Links pages that show less."""

    def page_address(self, call: Call, page_num: int, items_per_page: int) -> str:
        """Return the address of a page without `verbose`."""
        return super().page_address(call, page_num, items_per_page).replace("verbose=true&", "")


class Verbose(Server):
    """Has a view of its own on which jobs are shown with their child jobs."""

    def describe(self, call: Call, job: Job, verbose: bool, now: float) -> LogCollectionJob:
        """Return a job as it is shown."""
        return super().describe(call, job, self.shows_children(call, verbose), now)

    def shows_children(self, call: Call, verbose: bool) -> bool:
        """Tell whether the child jobs are shown."""
        return verbose


@faulty("OM-LIST-03", "OM-GET-02", "OM-LIST-02", says="Child jobs are shown with verbose=false as well.")
class VerboseByName(Verbose):
    """Looks at whether the parameter is there."""

    def shows_children(self, call: Call, verbose: bool) -> bool:
        """Tell whether the parameter is there."""
        return first_value(call, "verbose") is not None


@faulty("OM-LIST-03", "OM-LIST-02", says="The list shows child jobs unless it is told not to.")
class ListVerboseByDefault(Verbose):
    """Takes absence for true."""

    def shows_children(self, call: Call, verbose: bool) -> bool:
        """Tell whether the parameter is absent or true."""
        return verbose or (call.operation_id == "getLogCollectionJobs" and first_value(call, "verbose") is None)


@faulty("OM-GET-02", says="A single job never shows its child jobs.")
class JobNeverVerbose(Verbose):
    """Shows child jobs in the list only."""

    def shows_children(self, call: Call, verbose: bool) -> bool:
        """Tell whether it is the list."""
        return verbose and call.operation_id == "getLogCollectionJobs"


class Strict(Server):
    """Refuses some query parameters that it does not know."""

    def admit(self, call: Call) -> None:
        """Let in whose parameters are known."""
        super().admit(call)
        for name, _ in call.query:
            if self.is_refused(name):
                raise self.refuse(faults.QUERY_INVALID, name=name, detail="It is unknown.")

    def is_refused(self, name: str) -> bool:
        """Tell whether a parameter is refused."""
        return name not in KNOWN_PARAMETERS


@faulty("OM-COMMON-41", says="The parameter includeCount, which two clients send, is refused.")
class CountRefused(Strict):
    """Was not tried with a client."""

    def is_refused(self, name: str) -> bool:
        """Tell whether a parameter is that one."""
        return name == "includeCount"


@faulty("OM-COMMON-41", warns=True, says="Query parameters that are unknown are refused, except includeCount.")
class ParametersRefused(Strict):
    """Does with parameters as with members."""

    def is_refused(self, name: str) -> bool:
        """Tell whether a parameter is neither documented nor that one."""
        return super().is_refused(name) and name != "includeCount"
