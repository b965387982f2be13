"""What the national platform asks of an instrument, and the field that is wrong."""

import pytest

from domain.instruments import national

FULL = {
    "cname": "场发射扫描电镜", "ename": "FESEM", "innerId": "A1", "insCode": "12330000A",
    "instrBelongsType": "4", "instrBelongsName": "无", "instrCategory": "010103",
    "instrSource": "购置", "instrSupervise": "否", "worth": "350.00", "nation": "日本",
    "manufacturer": "日立", "beginDate": "2021-03-05", "type": "通用", "instrVersion": "SU8",
    "technical": "1.0 nm", "function": "形貌", "subject": ["材料科学"], "serviceContent": "观察",
    "requirement": "预约", "fee": "400 元/时", "serviceUrl": "https://dayi.example.cn/1",
    "province/city/county": "330106", "street": "某路 1 号", "status": "正常",
    "shareMode": "外部共享", "runMachine": "1200", "serviceMachine": "300.5",
    "funds": ["中央财政资金"], "insideDepart": "分析中心", "contact": "王芳", "phone": "0571-1",
    "email": "a@example.cn", "address": "杭州", "postalcode": "310058", "auditStatus": "0",
}  # fmt: skip


def test_a_full_record_has_no_problem() -> None:
    assert national.check(FULL) == []


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("cname", "", "missing"),
        ("cname", "长" * 101, "too_long"),
        ("instrCategory", "0101", "form"),
        ("instrSource", "租赁", "not_a_choice"),
        ("worth", "-1", "form"),
        ("worth", "1.234", "form"),
        ("worth", "NaN", "form"),
        ("beginDate", "2021.3.5", "form"),
        ("email", "nobody", "form"),
        ("postalcode", "3100", "form"),
        ("serviceUrl", "dayi", "form"),
        ("subject", ["a", "b", "c", "d", "e"], "too_many"),
        ("funds", ["别处"], "not_a_choice"),
    ],
)
def test_a_wrong_value_is_told_by_its_field(field: str, value: object, reason: str) -> None:
    (problem,) = national.check(FULL | {field: value})
    assert (problem.field, problem.reason) == (field, reason)
    assert national.fields()[field].zh in problem.zh
    assert national.fields()[field].en in problem.en


def test_what_an_instrument_of_ours_lacks_is_listed(world) -> None:
    found = national.check(national.values_of(world.instrument))
    assert {problem.reason for problem in found} == {"missing"}
    assert "postalcode" in {problem.field for problem in found}
    assert not {"cname", "worth", "beginDate"} & {problem.field for problem in found}
    assert national.return_codes()["100"] == "成功"
