"""The server judges forms as form-js does.

``form_js_answers.json`` holds what form-js 1.23.0 itself answered (recorded in jsdom, one field
entered after the other): the values it would have sent, and the fields it refused.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import forms
from engine.errors import InvalidSubmission
from engine.forms.browser import as_browser

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
RECORDED = json.loads(Path(__file__).with_name("form_js_answers.json").read_text(encoding="utf-8"))
CASES = [
    pytest.param(group["schema"], case, id=f"{group['name']} {number}")
    for group in RECORDED
    for number, case in enumerate(group["cases"])
]


def plain(value):
    """Empty texts and lists that form-js leaves out count as nothing entered."""
    if isinstance(value, dict):
        kept = {key: plain(entry) for key, entry in value.items()}
        return {key: entry for key, entry in kept.items() if entry not in (None, [])}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return None if value == "" else value


@pytest.mark.parametrize(("schema", "case"), CASES)
def test_the_server_agrees_with_form_js(schema, case):
    sent = {**case["data"], **case["submitted"]}
    # Without a submission of its own a case's data were typed in, the case itself was empty.
    context = case["data"] if case["submitted"] else {}
    try:
        cleaned = forms.validate(schema, sent, context=context, now=NOW)
    except InvalidSubmission as refusal:
        fields = {path.rpartition(".")[2] for path in refusal.problems}
        assert sorted(fields) == case["refused"]
    else:
        assert case["refused"] == []
        assert plain(as_browser(cleaned)) == plain(case["kept"])


def test_the_record_has_refusals_and_acceptances():
    refused = [bool(case["refused"]) for group in RECORDED for case in group["cases"]]
    assert 20 < sum(refused) < len(refused) - 20
