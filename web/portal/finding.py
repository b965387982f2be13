"""Finding an instrument: what was asked for, and the links that change one part of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from domain.instruments import FacetValue, Filters
from web.error_texts import N_

PAGE_SIZE = 20
ORDERS = {
    "relevance": N_("Best match"),
    "name": N_("Name"),
    "newest": N_("Newest first"),
    "worth": N_("Highest value first"),
}
#: facet → parameter of the address, heading
FACETS = {
    "city": ("region", N_("City")),
    "class": ("class", N_("Class")),
    "unit_kind": ("kind", N_("Kind of unit")),
    "share_mode": ("share", N_("Sharing")),
    "unit": ("unit", N_("Unit")),
}
#: Values that one group shows; the search box finds the others.
_MOST_VALUES = 12
_LONGEST_TEXT = 200
_LONGEST_FILTER = 60
_FURTHEST_PAGE = 10_000


@dataclass(frozen=True)
class Wish:
    """What a search page was asked for, straight from its address."""

    text: str
    chosen: Mapping[str, str]
    bookable: bool
    order: Any
    page: int

    @property
    def filters(self) -> Filters:
        """Return the filters for the search; a value that cannot be one is left out."""
        unit = None
        with suppress(ValueError):
            unit = UUID(self.chosen["unit"]) if "unit" in self.chosen else None
        region = self.chosen.get("region", "")
        class_prefix = self.chosen.get("class", "")
        return Filters(
            region=region if region.isdigit() else None,
            class_prefix=class_prefix if class_prefix.isdigit() else None,
            unit_kind=self.chosen.get("kind"),
            unit=unit,
            share_mode=self.chosen.get("share"),
            bookable=self.bookable,
        )

    def url(self, **changes: Any) -> str:  # noqa: ANN401 - parts of an address
        """Return the address of this search with some parts changed; None takes a part away.

        Any change but that of the page itself leads back to the first page.
        """
        parts: dict[str, Any] = {"q": self.text or None, **self.chosen}
        parts["bookable"] = "1" if self.bookable else None
        parts["order"] = self.order if self.order != "relevance" else None
        parts.update(changes)
        kept = {name: value for name, value in parts.items() if value not in (None, "", 1)}
        query = urlencode(kept)
        return f"/instruments?{query}" if query else "/instruments"

    def page_url(self, page: int) -> str:
        """Return the address of another page of this search."""
        return self.url(page=page)


def read(arguments: Mapping[str, str]) -> Wish:
    """Read a wish from the address; whatever makes no sense counts as not given."""
    chosen = {
        name: arguments[name][:_LONGEST_FILTER]
        for name, _ in FACETS.values()
        if arguments.get(name)
    }
    order = arguments.get("order", "relevance")
    page = arguments.get("page", "1")
    return Wish(
        text=arguments.get("q", "").replace("\0", "").strip()[:_LONGEST_TEXT],
        chosen=chosen,
        bookable=arguments.get("bookable") == "1",
        order=order if order in ORDERS else "relevance",
        page=min(max(int(page), 1), _FURTHEST_PAGE) if page.isdecimal() else 1,
    )


def chips(wish: Wish, facets: Mapping[str, list[FacetValue]]) -> list[dict[str, Any]]:
    """Return the filter groups with their values, counts and addresses; the chosen one is on."""
    groups = []
    for facet, (parameter, heading) in FACETS.items():
        present = wish.chosen.get(parameter)
        values = [
            {
                "zh": each.zh,
                "en": each.en,
                "count": each.count,
                "on": each.value == present,
                "url": wish.url(**{parameter: None if each.value == present else each.value}),
            }
            for each in facets.get(facet, [])[:_MOST_VALUES]
        ]
        if len(values) > 1 or present:
            groups.append({"name": facet, "heading": heading, "values": values})
    return groups
