"""Tagged temporals keep their meaning through JSON."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import values


def test_a_date_time_is_tagged_with_the_offset_of_the_platform():
    tagged = values.tag(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert tagged == {"@type": "date-time", "@value": "2026-11-23T09:00:00+08:00"}


def test_a_date_time_without_offset_is_meant_in_shanghai():
    naive = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - the case at hand
    assert values.tag(naive) == values.tag(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


def test_temporals_are_tagged_deep_inside_lists_and_contexts():
    tagged = values.tag({"a": [{"b": date(2026, 1, 2)}], "c": (time(8, 30),)})
    assert tagged == {
        "a": [{"b": {"@type": "date", "@value": "2026-01-02"}}],
        "c": [{"@type": "time", "@value": "08:30:00"}],
    }


def test_a_zone_name_as_feel_writes_it_is_understood():
    expected = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert values.read_date_time("2026-11-23T09:00:00@Asia/Shanghai") == expected
    assert values.read_date_time("2026-11-23T09:00:00+08:00[Asia/Shanghai]") == expected


@pytest.mark.parametrize("text", ["2026-11-23T09:00:00@Nowhere/Town", "soon", "2026-13-01T00:00"])
def test_what_is_no_date_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        values.read_date_time(text)


@pytest.mark.parametrize("text", ["P", "PT", "1D", "P1H", "P-1D", "P1DT", "p1d"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="not a duration"):
        values.read_duration(text)


def test_a_duration_of_months_has_no_length_and_stays_tagged():
    tagged = {"@type": "duration", "@value": "P1Y2M"}
    assert values.untag(tagged) == tagged


def test_a_context_with_more_than_the_two_keys_is_no_temporal():
    assert not values.is_tagged({"@type": "date", "@value": "2026-01-01", "x": 1})
    assert not values.is_tagged({"@type": "place", "@value": "x"})


_zones = st.sampled_from([UTC, timezone(timedelta(hours=-5)), values.ZONE])
_temporals = st.one_of(
    st.dates(),
    st.times(),
    st.datetimes(
        min_value=datetime(1992, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=_zones,
    ),
    st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=40000)),
)


@given(_temporals)
def test_untagging_gives_back_what_was_tagged(temporal):
    assert values.untag(values.tag(temporal)) == temporal


@given(_temporals)
def test_tagging_twice_changes_nothing(temporal):
    assert values.tag(values.tag(temporal)) == values.tag(temporal)
