"""Whatever arrives is a sample or is refused with a reason; nothing raises."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.decoding import LARGEST, Message, Rejected, Sample, decode, encode
from telemetry.topics import sensor_of, topic_of

AT = datetime(2026, 11, 23, 1, 0, 10, tzinfo=UTC)
GOOD = b'{"boot":3,"seq":12,"ts":"2026-11-23T09:00:10.000+08:00","i_rms":4.5}'


def told(payload: bytes, topic: str = topic_of("INS-1")) -> Sample | Rejected:
    return decode(Message(topic, payload, AT))


def test_a_reading_is_read_with_the_identity_of_its_topic() -> None:
    sample = told(GOOD)
    assert isinstance(sample, Sample)
    assert (sample.code, sample.boot, sample.seq, sample.i_rms) == ("INS-1", 3, 12, 4.5)
    assert sample.ts == sample.sent == AT


def test_what_a_device_writes_is_what_is_read() -> None:
    sample = told(encode(0, 7, AT, 1.23456, sent=AT))
    assert isinstance(sample, Sample)
    assert (sample.seq, sample.ts, sample.i_rms) == (7, AT, 1.2346)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b"\xff\xfe", "json"),
        (b"[1]", "schema"),
        (b"{}", "schema"),
        (b'{"seq":1,"ts":"2026-11-23T01:00:10Z"}', "schema"),
        (GOOD.replace(b'"boot"', b'"device"'), "schema"),
        (GOOD.replace(b"12", b"-1"), "schema"),
        (GOOD.replace(b"12", b"1.5"), "schema"),
        (GOOD.replace(b"12", b"true"), "schema"),
        (GOOD.replace(b"12", b"9223372036854775807"), "schema"),
        (GOOD.replace(b"4.5", b"-0.1"), "schema"),
        (GOOD.replace(b"4.5", b"1e300"), "schema"),
        (GOOD.replace(b"4.5", b"NaN"), "json"),
        (GOOD.replace(b"4.5", b'"4.5"'), "schema"),
        (GOOD.replace(b"+08:00", b""), "schema"),
        (GOOD.replace(b"2026-11-23T", b"yesterday "), "schema"),
        (GOOD + b" " * LARGEST, "too_large"),
    ],
)
def test_what_is_no_reading_is_refused_with_a_reason(payload: bytes, reason: str) -> None:
    found = told(payload)
    assert isinstance(found, Rejected)
    assert found.reason == reason


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "sensors//readings",
        "sensors/a b/readings",
        "sensors/+/readings",
        "sensors/INS-1/readings/x",
        "x/INS-1/readings",
        "sensors/-x/readings",
    ],
)
def test_only_a_sensors_own_topic_names_a_sensor(topic: str) -> None:
    assert sensor_of(topic) is None
    assert isinstance(told(GOOD, topic), Rejected)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=600), st.text(max_size=60))
def test_no_bytes_and_no_topic_raise(payload: bytes, topic: str) -> None:
    assert isinstance(told(payload, topic), Sample | Rejected)
    assert isinstance(told(payload), Sample | Rejected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {"seq": JSON, "ts": JSON, "i_rms": JSON}, optional={"boot": JSON, "sent": JSON}
    )
)
def test_no_values_in_the_right_fields_raise(fields: dict) -> None:
    import json

    assert isinstance(told(json.dumps(fields).encode()), Sample | Rejected)
