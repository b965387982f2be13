"""Published prices: no overlap, frozen, and neither retired nor future ones price a new order."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DatabaseError, IntegrityError

from domain.organisations import Unit
from domain.payments import quotes, tariffs
from domain.payments.errors import NoTariff, TariffRefused
from domain.payments.models import Tariff
from domain.payments.tariffs import Price
from engine.actors import SYSTEM, Actor, Grant

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def publish(world, price_fen: int, **more) -> Tariff:
    values = {"valid_from": TODAY, "by": SYSTEM, **more}
    return tariffs.publish(
        world.session, world.instrument, Price("hour", "enterprise", price_fen), **values
    )


def price_on(world, on: date) -> int | None:
    found = tariffs.applying(world.session, world.instrument, tier="enterprise", on=on)
    return found["hour"].price_fen if found else None


def test_a_new_price_ends_the_one_before_on_its_first_day(world) -> None:
    publish(world, 40_000)
    publish(world, 50_000, valid_from=TODAY + 7 * DAY)
    assert [price_on(world, TODAY + n * DAY) for n in (0, 6, 7, 700)] == [
        40_000, 40_000, 50_000, 50_000,
    ]  # fmt: skip


def check_days(world) -> None:
    """Demand that neither a future nor a retired price prices an order (INV-14)."""
    future = publish(world, 40_000, valid_from=TODAY + DAY)
    assert priced(world, TODAY) is None
    assert priced(world, TODAY + DAY) == 80_000
    tariffs.retire(world.session, future, on=TODAY + 3 * DAY, by=SYSTEM)
    assert priced(world, TODAY + 3 * DAY) is None


def priced(world, on: date) -> int | None:
    try:
        return ask(world, on).gross_fen
    except NoTariff:
        return None


def test_no_retired_and_no_future_price_prices_a_new_order(world) -> None:
    check_days(world)


def test_a_search_for_prices_that_ignores_the_days_is_caught(world, monkeypatch) -> None:
    def careless(session, instrument, **_):
        rows = session.query(Tariff).filter_by(instrument_id=instrument.id)
        return {row.item: row for row in rows}

    monkeypatch.setattr(tariffs, "applying", careless)
    with pytest.raises(AssertionError):
        check_days(world)


def ask(world, on: date) -> quotes.Quote:
    return quotes.quote(world.session, world.instrument, tier="enterprise", minutes=120, on=on)


def test_two_prices_of_one_kind_never_overlap_even_behind_the_verbs(world) -> None:
    publish(world, 40_000)
    with pytest.raises(TariffRefused) as refused:
        publish(world, 50_000)
    assert refused.value.params["reason"] == "overlap"
    row = Tariff(
        instrument_id=world.instrument.id, item="hour", tier="enterprise", price_fen=1,
        valid=Range(TODAY + DAY, None, bounds="[)"), published_at=world.session.info["clock"].at,
        published_by=SYSTEM.id, unit_id=world.unit.id, region_path=["33"],
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="tariff_no_overlap"), world.session.begin_nested():
        world.session.add(row)


def test_other_items_and_tiers_stand_beside_it(world) -> None:
    publish(world, 40_000)
    for item in tariffs.ITEMS:
        for tier in tariffs.TIERS:
            if (item, tier) != ("hour", "enterprise"):
                price = Price(item, tier, 1_000)
                tariffs.publish(world.session, world.instrument, price, valid_from=TODAY, by=SYSTEM)
    assert len(tariffs.listed(world.session, world.instrument, on=TODAY)) == 9


def test_a_price_once_published_is_frozen(world) -> None:
    tariff = publish(world, 40_000)
    with pytest.raises(DatabaseError, match="permission denied"), world.session.begin_nested():
        world.session.execute(
            text("update tariff set price_fen = 1 where id = :id"), {"id": tariff.id}
        )
    with pytest.raises(DatabaseError, match="permission denied"), world.session.begin_nested():
        world.session.execute(text("delete from tariff"))


@pytest.mark.parametrize(
    ("grant", "may"),
    [
        (Grant("unit_finance", unit_id=1), True),
        (Grant("unit_administrator", unit_id=1), True),
        (Grant("unit_finance", unit_id=2), False),
        (Grant("instrument_manager", unit_id=1), False),
        (Grant("auditor", region="33"), False),
    ],
)
def test_only_those_in_charge_publish(world, grant: Grant, may: bool) -> None:
    unit = {1: world.unit.id, 2: world.other.id}.get(grant.unit_id or 0)
    by = Actor(uuid4(), "某人", (Grant(grant.role, region=grant.region, unit_id=unit),))
    assert tariffs.may_publish(by, world.instrument) is may
    if not may:
        with pytest.raises(TariffRefused) as refused:
            publish(world, 1, by=by)
        assert refused.value.params["reason"] == "not_yours"


def test_the_instruments_own_manager_publishes_but_not_for_the_past(world) -> None:
    by = world.managing()
    assert publish(world, 40_000, by=by).published_by == by.id
    with pytest.raises(TariffRefused) as refused:
        publish(world, 50_000, valid_from=TODAY - DAY, by=by)
    assert refused.value.params["reason"] == "past"
    with pytest.raises(TariffRefused) as refused:
        publish(world, 50_000, valid_until=TODAY)
    assert refused.value.params["reason"] == "empty"


def test_internal_means_the_same_legal_entity(world) -> None:
    firm = world.other
    assert tariffs.tier_of(world.unit, world.instrument) == "internal"
    assert tariffs.tier_of(firm, world.instrument) == "enterprise"
    assert tariffs.tier_of(None, world.instrument) == "enterprise"
    hospital = Unit(id=99, kind="hospital")
    assert tariffs.tier_of(hospital, world.instrument) == "public_research"


def test_a_list_of_instruments_is_priced_in_one_go(world) -> None:
    publish(world, 40_000)
    found = tariffs.hourly(world.session, [world.instrument], on=TODAY)
    assert found == {world.instrument.id: {"enterprise": 40_000}}
