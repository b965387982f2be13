"""The application as a whole: health, headers, languages, rooms."""

from pathlib import Path

import pytest
from flask import Flask

from web.application import make_app


def test_home_page_is_chinese_for_a_browser_that_prefers_english(visitor) -> None:
    page = visitor.get("/", headers={"Accept-Language": "en-US"})
    assert page.status_code == 200
    assert '<html lang="zh-CN">' in page.text
    assert "您需要哪台仪器" in page.text


def test_english_is_one_click_away_and_stays(visitor) -> None:
    answer = visitor.get("/language/en?next=/instruments")
    assert (answer.status_code, answer.location) == (302, "/instruments")
    assert '<html lang="en">' in visitor.get("/").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_switch_of_language_never_leads_to_another_site(visitor, target: str) -> None:
    assert visitor.get("/language/en", query_string={"next": target}).location == "/"


def test_an_unknown_language_is_not_found(visitor) -> None:
    assert visitor.get("/language/xx").status_code == 404


def test_health_names_database_and_schema(visitor) -> None:
    answer = visitor.get("/health")
    facts = answer.json
    assert facts["database"] == "ok"
    assert facts["schema"] == facts["expected"]


def test_application_without_a_secret_key_is_refused(tmp_path: Path) -> None:
    class NoKey:
        home, port, demo, secret_key = tmp_path, 8400, False, ""

    with pytest.raises(ValueError, match="secret key"):
        make_app(NoKey(), app_url="postgresql://localhost/none", clock=None)


def test_every_room_is_open(app: Flask) -> None:
    assert {"portal", "signin", "inbox", "api", "monitor", "studio"} <= set(app.blueprints)


def test_all_tables_share_the_houses_metadata() -> None:
    from engine.db import Base
    from web.database import db

    assert db.Model.metadata is Base.metadata
