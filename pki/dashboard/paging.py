"""One page of a table, of a size that costs little whatever the address asks for."""

from django.core.paginator import EmptyPage
from django.http import HttpRequest
from django_tables2 import Table

MOST_ROWS = 200


def show_page(table: Table, request: HttpRequest, per_page: int = 25) -> None:
    """Sorts and cuts as ``sort``, ``page`` and ``per_page`` of the address say.

    What is no number counts as not said; more rows than ``MOST_ROWS`` are that many, and a
    page beyond the last one is the last.
    """
    table.request = request
    named = request.GET.getlist(table.prefixed_order_by_field)
    order_by = [name for name in named if name.removeprefix("-") in table.columns]
    if order_by:
        table.order_by = order_by
    rows = number(request, table.prefixed_per_page_field, per_page)
    try:
        table.paginate(
            per_page=min(rows, MOST_ROWS), page=number(request, table.prefixed_page_field, 1)
        )
    except EmptyPage:
        table.page = table.paginator.page(table.paginator.num_pages)


def number(request: HttpRequest, name: str, otherwise: int) -> int:
    """A whole number from 1 in the address."""
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return otherwise
    return int(text) or otherwise
