"""SLS servers in which one parameter of a GET forgets another, in some company only."""

from retryspec_models.sls import ShipperTaskPage

from retryspec.reference.sls import Server
from retryspec.reference.sls.store import Shipper, Task
from retryspec.reference.variations import faulty

FAR_AHEAD = 1 << 40


@faulty("SLS-GET-04", "SLS-GET-23", says="`to` is no bound where a status is asked for.")
class ToForgottenWithStatus(Server):
    """Has two statements, and one of them lacks a condition."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Choose by status first."""
        return super().page(shipper, from_, FAR_AHEAD if status else to, status, offset, size)


@faulty("SLS-GET-09", says="The filter is passed over on pages of two tasks and more, after the first.")
class FilterForgottenOnPages(Server):
    """Cuts the page before it looks at the status."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Forget the status."""
        return super().page(shipper, from_, to, "" if offset and 1 < size < 100 else status, offset, size)


@faulty("SLS-GET-17", says="The total of a page after the first is that of all tasks, whatever the window.")
class TotalForgetsWindow(Server):
    """Keeps the number of the first page, and of the widest window."""

    def page(self, shipper: Shipper, from_: int, to: int, status: str, offset: int, size: int) -> ShipperTaskPage:
        """Count them all, where the page is not the first of a filter."""
        page = super().page(shipper, from_, to, status, offset, size)
        if status and offset and page.tasks:
            page.total = len(self.everything(shipper))
        return page

    def everything(self, shipper: Shipper) -> list[Task]:
        """Return all tasks."""
        return self.in_window(shipper, 0, FAR_AHEAD)
