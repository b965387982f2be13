"""What the demo's people write into the forms of an instrument's life."""

from datetime import date
from typing import Any

#: An application that goes to the joint review: 320 × 10,000 yuan of the province's money.
JOINT: dict[str, Any] = {
    "name": "飞行时间质谱仪",
    "class_code": "010201",
    "specs": "分辨率高于 60000，离子淌度分离，质量范围 20–20000",
    "set_budget_wan": 320,
    "quantity": 1,
    "funds": "fiscal",
    "project": "蛋白质组平台",
    "justification": "现有质谱没有离子淌度分离，无法开展单细胞蛋白质组研究",
    "expected_hours": 1600,
    "staff": "王芳高级实验师等三人",
    "site": "紫金港校区生命楼 301",
    "maker": "Bruker",
    "model": "timsTOF Pro 2",
    "special": "none",
    "gap": True,
    "gap_reason": "省内在网质谱均无离子淌度分离功能",
    "split_reason": "各平台分别申报，用途不同",
}
#: An application that the unit decides by itself.
SMALL: dict[str, Any] = {
    "name": "傅里叶变换红外光谱仪",
    "class_code": "010401",
    "specs": "光谱范围 7800–350 cm-1，分辨率优于 0.09 cm-1",
    "set_budget_wan": 48,
    "quantity": 1,
    "funds": "fiscal",
    "project": "在线反应监测",
    "justification": "与现有连续流反应装置配套，做原位红外监测",
    "expected_hours": 1200,
    "staff": "赵磊实验师",
    "site": "化学楼 112",
    "maker": "Thermo Fisher",
    "model": "Nicolet iS50",
    "special": "accessory",
    "special_reason": "与现有连续流反应装置配套",
    "gap": False,
}
OPINION: dict[str, Any] = {
    "relevance": 5,
    "necessity": 4,
    "reasonableness": 4,
    "expert_view": "approve",
    "expert_text": "离子淌度分离确有必要，配置合理",
}
FIELDS: dict[str, Any] = {
    "cname": "飞行时间质谱仪",
    "ename": "Ion mobility time-of-flight mass spectrometer",
    "inner_id": "ZJU-2026-0101",
    "class_code": "010201",
    "source": "purchase",
    "customs": False,
    "worth_wan": 318.5,
    "nation": "德国",
    "maker": "Bruker",
    "model": "timsTOF Pro 2",
    "begin_date": date(2026, 11, 1),
    "kind": "general",
    "specs": "分辨率高于 60000，离子淌度分离，质量范围 20–20000",
    "functions": "蛋白质组、代谢组定性定量",
    "subjects": "生物学，化学",
    "services": "蛋白质鉴定与定量、代谢物分析",
    "rules": "面向社会开放，预约优先，样品须注明危险性",
    "fee": "本单位 300、科研单位 380、企业 580 元/小时",
    "street": "余杭塘路 866 号紫金港校区生命楼 301",
    "run_hours": 1600,
    "service_hours": 500,
    "funds": ["local"],
    "department": "公共技术平台",
}
CONTACT: dict[str, str] = {
    "person": "王芳",
    "phone": "13800571013",
    "email": "wangfang@example.cn",
    "address": "杭州市余杭塘路 866 号",
    "postcode": "310058",
}
PLAN: dict[str, Any] = {
    "share_mode": "external",
    "cost_yuan": 300,
    "internal_yuan": 300,
    "public_research_yuan": 380,
    "enterprise_yuan": 580,
    "opens": "08:30",
    "closes": "17:30",
    "weekends": False,
    "most_hours": 8,
    "approval": "first_time",
    "needs_qualification": False,
}
