"""Topics: where a sensor speaks. Its identity is the topic, which the broker's rules bind to it.

    sensors/<code>/readings

A broker that lets user ``%u`` write ``sensors/%u/readings`` only makes the code trustworthy; what
a payload says about its sender is never believed.
"""

import re

READINGS = "sensors/+/readings"
LONGEST = 200
_TOPIC = re.compile(r"sensors/([A-Za-z0-9][A-Za-z0-9-]{1,39})/readings")


def topic_of(code: str) -> str:
    """Return the topic of a sensor's readings."""
    return f"sensors/{code}/readings"


def sensor_of(topic: str) -> str | None:
    """Return the code of the sensor that a topic belongs to; None for any other topic."""
    found = _TOPIC.fullmatch(topic)
    return found.group(1) if found else None
