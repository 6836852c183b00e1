"""Ops Manager servers whose pages go wrong at one place alone: late, at the edge, or with another parameter."""

from typing import Any

from retryspec_models.opsmanager.models import LogCollectionJobList
from retryspec_models.opsmanager.stubs import Call

from retryspec.reference.opsmanager import Server
from retryspec.reference.opsmanager.presentation import first_value
from retryspec.reference.opsmanager.store import Job
from retryspec.reference.variations import faulty

FAR = 1000


@faulty("OM-COMMON-29", says="The third page repeats the last job of the second.")
class ThirdPageOverlaps(Server):
    """Counts wrongly later on."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, a later one from one job earlier."""
        back = int(page_num > 2)
        return jobs[(page_num - 1) * items_per_page - back : page_num * items_per_page - back]


@faulty("OM-COMMON-29", says="The last job is lost where the last page is full.")
class LastOfFullLost(Server):
    """Takes a bound for one that is not reached."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, a last one that is full without its last job."""
        page = super().page_of(jobs, page_num, items_per_page)
        return page[:-1] if page_num > 1 and page_num * items_per_page == len(jobs) else page


@faulty("OM-LIST-08", "OM-COMMON-33", says="A page far beyond the end is the first one.")
class FarIsFirst(Server):
    """Begins again."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page."""
        return super().page_of(jobs, 1 if page_num >= FAR else page_num, items_per_page)


@faulty("OM-COMMON-29", says="A page has 100 jobs at most, whatever is asked for.")
class HundredAtMost(Server):
    """Cuts what is longer."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page, of a size that it likes."""
        return super().page_of(jobs, page_num, min(items_per_page, 100))


@faulty("OM-COMMON-29", says="Every other page counts from the other end.")
class EvenPagesFromTheEnd(Server):
    """Sorts each page anew."""

    def page_of(self, jobs: list[Job], page_num: int, items_per_page: int) -> list[Job]:
        """Return the page."""
        return super().page_of(jobs if page_num % 2 else jobs[::-1], page_num, items_per_page)


@faulty("OM-COMMON-29", says="On pages of one or two jobs one that has succeeded is shown as failed.")
class SmallPagesOutdated(Server):
    """Takes small pages from another table."""

    def content_of(self, call: Call, status: int, content: Any) -> Any:
        """Return what an answer says."""
        if status == 200 and first_value(call, "itemsPerPage") in ("1", "2"):
            for job in content["results"] if call.operation_id == "getLogCollectionJobs" else ():
                job["status"] = job["status"].replace("SUCCESS", "FAILURE")
        return content


class Paging(Server):
    """Reads the page that is asked for in its own way."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return the page that this server thinks was asked for."""
        return super().page(call, self.number(call, page_num), self.size(call, items_per_page), verbose)

    def number(self, call: Call, page_num: int) -> int:
        """Return the number of the page."""
        return page_num

    def size(self, call: Call, items_per_page: int) -> int:
        """Return how many jobs it has."""
        return items_per_page


@faulty("OM-LIST-02", "OM-COMMON-32", "OM-LIST-04", says="With verbose=true each page is the first one.")
class VerboseIsFirst(Paging):
    """Shows all that there is to a job on one page only."""

    def number(self, call: Call, page_num: int) -> int:
        """Return the number of the page."""
        return 1 if first_value(call, "verbose") == "true" else page_num


@faulty("OM-LIST-02", "OM-COMMON-32", "OM-LIST-04", says="With pretty=true each page is the first one.")
class PrettyIsFirst(Paging):
    """Shows people the beginning."""

    def number(self, call: Call, page_num: int) -> int:
        """Return the number of the page."""
        return 1 if self.wants_pretty(call) else page_num


@faulty("OM-LIST-02", "OM-COMMON-29", "OM-COMMON-32", "OM-LIST-04", says="With envelope=true itemsPerPage is ignored.")
class WrappedOfAnySize(Paging):
    """Wraps a hundred jobs."""

    def size(self, call: Call, items_per_page: int) -> int:
        """Return how many jobs the page has."""
        return 100 if self.wants_envelope(call) else items_per_page


@faulty("OM-LIST-02", "OM-LIST-04", says="With verbose=true a page has 20 jobs when nobody says how many.")
class VerboseTwenty(Paging):
    """Keeps long answers short."""

    def size(self, call: Call, items_per_page: int) -> int:
        """Return how many jobs the page has."""
        short = first_value(call, "itemsPerPage") is None and first_value(call, "verbose") == "true"
        return 20 if short else items_per_page


@faulty("OM-COMMON-41", "OM-COMMON-32", "OM-LIST-04", says="With includeCount=true each page is the first one.")
class CountedIsFirst(Paging):
    """Counts from the start."""

    def number(self, call: Call, page_num: int) -> int:
        """Return the number of the page."""
        return 1 if first_value(call, "includeCount") is not None else page_num


@faulty("OM-COMMON-41", "OM-COMMON-32", says="With includeCount=true the totalCount is that of the page.")
class CountOfPage(Server):
    """Counts what it sees."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page, with the number of its jobs where one is asked for."""
        page = super().page(call, page_num, items_per_page, verbose)
        if first_value(call, "includeCount") is not None:
            page.total_count = len(page.results)
        return page


@faulty("OM-GET-06", says="A look at the second page runs the failed jobs of the project again.")
class SecondPageRetries(Server):
    """Does more than it was asked for."""

    def page(self, call: Call, page_num: int, items_per_page: int, verbose: bool) -> LogCollectionJobList:
        """Return a page; after a second one with a size, start what has failed."""
        page = super().page(call, page_num, items_per_page, verbose)
        if page_num > 1 and first_value(call, "itemsPerPage") is not None:
            for job in self.store.jobs(self.group_id_of(call)):
                self.start_again(job)
        return page
