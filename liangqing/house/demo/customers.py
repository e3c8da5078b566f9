"""Whom the demo group sells to: invented companies, small traders, people abroad and natural persons.

Nobody here exists. Identity numbers are well formed and can't be anybody's: their area code is a whole province, which
is never given to a person or a company. Phone numbers begin with an area code that does not exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from stdnum.cn import ric, uscc

from liangqing.house.demo import cast

PARENT = "砺澄精工集团股份有限公司"
SUBSIDIARY = "砺澄智能装备销售有限公司"

_EAST = {
    "苏州": ("江苏省", "320000"), "杭州": ("浙江省", "330000"), "宁波": ("浙江省", "330000"),
    "南京": ("江苏省", "320000"), "无锡": ("江苏省", "320000"), "上海": ("上海市", "310000"),
    "合肥": ("安徽省", "340000"), "青岛": ("山东省", "370000"), "绍兴": ("浙江省", "330000"),
    "济南": ("山东省", "370000"), "沈阳": ("辽宁省", "210000"),
}  # fmt: skip
_SOUTH = {
    "深圳": ("广东省", "440000"), "广州": ("广东省", "440000"), "东莞": ("广东省", "440000"),
    "佛山": ("广东省", "440000"), "厦门": ("福建省", "350000"), "长沙": ("湖南省", "430000"),
    "武汉": ("湖北省", "420000"), "成都": ("四川省", "510000"), "绵阳": ("四川省", "510000"),
    "南宁": ("广西壮族自治区", "450000"),
}  # fmt: skip
"""City: its province and the province's area code. No county, so nobody's; each is older than anybody here."""
_PLACES = {**_EAST, **_SOUTH}
_STREETS = ("创业路", "滨河大道", "工业园一路", "科苑路", "朝晖街", "望江路", "兴业大道", "北环路", "听涛街", "仓前路")
_FIRST = "沐昱翊岚榕汐铎曜霁珩骁澍桉芮峤蔚"
_SECOND = "衡璟禾朗钧砚川帆棠铄泓岩辰野澜柏"
_TRADES = (
    "精密机械", "机电设备", "新材料", "包装制品", "食品", "纺织", "供应链管理", "环保科技", "建材", "电子", "医疗器械",
    "汽车零部件", "农业机械", "化工", "家居用品", "自动化设备", "五金制品", "冷链物流", "建设工程", "光电科技",
)  # fmt: skip
_FORMS = ("有限公司",) * 14 + ("有限责任公司",) * 2 + ("股份有限公司",) * 3 + ("集团有限公司",)
_SHOPS = ("五金经营部", "农机维修店", "建材商行", "小吃店", "汽修厂", "水暖门市部", "日杂超市", "印刷工作室")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = (
    "建华", "秀英", "志远", "晓燕", "文博", "桂兰", "俊杰", "雨桐", "国庆", "丽娟", "子轩", "玉梅",
    "浩然", "春花", "立新", "佳怡", "明辉", "淑芬", "天宇", "海霞", "永强", "诗涵", "卫东", "红霞",
)  # fmt: skip
_ABROAD = (
    ("Norvale Tooling Ltd", "GB", "Leeds"), ("Halbrecht Antriebe GmbH", "DE", "Kassel"),
    ("Tamarisk Controls Inc", "US", "Toledo"), ("Kestrel Bay Marine LLC", "US", "Tacoma"),
    ("Phu Hai Assembly Co", "VN", "Hai Phong"), ("Ostrava Lindner s.r.o.", "CZ", "Ostrava"),
    ("Marmolada Ricambi Srl", "IT", "Belluno"), ("Green Lantern Pumps Pte Ltd", "SG", "Singapore"),
    ("Soleira Equipamentos Lda", "PT", "Braga"), ("Wattle Creek Machinery Pty Ltd", "AU", "Ballarat"),
    ("Dunmore & Pike Castings Inc", "US", "Akron"), ("Sierra Clara Tools SA", "MX", "Leon"),
    ("Zagros Fittings FZE", "AE", "Sharjah"), ("Fjordhaven Mekanikk AS", "NO", "Molde"),
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """What kind of customer it is in trade: how often it buys (months between bills) and for how much (元)."""

    every_months: int
    bills_a_month: int
    least: int
    most: int
    terms: tuple[int, ...]


SIZES = {
    "large": Size(1, 2, 120_000, 760_000, (45, 60)),
    "medium": Size(1, 1, 22_000, 160_000, (45, 60)),
    "small": Size(3, 1, 4_000, 42_000, (30,)),
    "shop": Size(4, 1, 600, 6_000, (15, 30)),
    "abroad": Size(1, 1, 6_000, 60_000, (60,)),
    "person": Size(6, 1, 300, 4_500, (7, 15)),
    "borrower": Size(0, 0, 9_000, 36_000, (30,)),
}
"""``person`` buys for cash; ``borrower`` bought equipment to be paid in instalments."""

_MIX = {"large": 12, "medium": 46, "abroad": len(_ABROAD), "small": 72, "shop": 58, "person": 70, "borrower": 28}
_HABITS = {
    "large": ("prompt",) * 5 + ("slow",) * 5 + ("poor",) * 2,
    "medium": ("prompt",) * 14 + ("slow",) * 8 + ("poor",) * 4 + ("stopped",) * 2,
    "abroad": ("prompt",) * 9 + ("slow",) * 3 + ("poor", "stopped"),
    "small": ("prompt",) * 17 + ("slow",) * 10 + ("poor",) * 4 + ("stopped",),
    "shop": ("prompt",) * 12 + ("slow",) * 9 + ("poor",) * 5 + ("stopped",),
    "person": ("prompt",) * 12 + ("slow",) * 8 + ("poor",) * 4 + ("stopped",),
    "borrower": ("prompt",) * 8 + ("slow",) * 4 + ("poor",) * 2 + ("stopped",),
}
_RETAIL = ("shop", "person")
"""They buy in the shop, where nobody sells to them in person: their bills name no seller."""
_CLASSES = {"prompt": "AAB", "slow": "BBC", "poor": "CCD", "stopped": "D"}


@dataclass(frozen=True)
class Customer:
    """A customer as the group's master data knows it, and how it pays (``habit``), which only the demo knows."""

    number: str
    name: str
    kind: str
    size: str
    habit: str
    creditors: tuple[str, ...]
    seller: str
    currencies: tuple[str, ...]
    identity: str
    customer_class: str
    terms_days: int
    contact: str
    phone: str
    email: str
    city: str
    street: str
    country: str
    language: str
    spellings: tuple[str, ...] = field(default=())
    """Other ways in which bills and bank slips spell the name."""


def invent(random: Random) -> list[Customer]:
    """The customers of the demo, the same for the same ``random``."""
    names = _names(random)
    found: list[Customer] = []
    for size, count in _MIX.items():
        habits = _spread(random, _HABITS[size], count)
        for place in range(count):
            found.append(_one(random, len(found) + 1, size, habits[place], names, place))
    return found


def _spread(random: Random, pattern: tuple[str, ...], count: int) -> list[str]:
    """The pattern's mix over so many customers, in no order."""
    habits = [pattern[place * len(pattern) // count] for place in range(count)]
    random.shuffle(habits)
    return habits


def _names(random: Random) -> dict[str, Iterator[str]]:
    brands = [first + second for first in _FIRST for second in _SECOND]
    persons = [surname + given for surname in _SURNAMES for given in _GIVEN]
    random.shuffle(brands)
    random.shuffle(persons)
    return {"brand": iter(brands), "person": iter(persons)}


def _one(random: Random, serial: int, size: str, habit: str, names: dict[str, Iterator[str]], place: int) -> Customer:
    person, city = next(names["person"]), random.choice(list(_PLACES))
    kind, country, language, code = "company", "CN", "zh", _PLACES[city][1]
    spellings: tuple[str, ...] = ()
    street = f"{_PLACES[city][0]}{city}市{random.choice(_STREETS)}{random.randint(1, 288)}号"
    currencies: tuple[str, ...] = ("CNY",)
    creditors: tuple[str, ...] = (PARENT,)
    if size == "abroad":
        name, country, city = _ABROAD[place]
        identity, language, currencies, street = "", "en", ("USD",), f"{random.randint(2, 190)} Harbour Road"
        person = name.split()[0] + " Accounts"
    elif size in ("person", "borrower"):
        name, kind, creditors = person, "person", (SUBSIDIARY,)
        identity = _resident_id(random, code)
    elif size == "shop":
        name, creditors = f"{city}市{next(names['brand'])}{random.choice(_SHOPS)}", (SUBSIDIARY,)
        identity = _uscc(random, "92", code)
    else:
        brand, trade = next(names["brand"]), random.choice(_TRADES)
        name, spellings = _company(random, city, brand, trade)
        identity = _uscc(random, "91", code)
        if size == "large" and place % 4 == 1:
            currencies = ("CNY", "USD")
        if size != "small" and place % 6 == 2:
            creditors = (PARENT, SUBSIDIARY)
    number = f"{'GR' if kind == 'person' else 'KH'}{10_000 + serial}"
    return Customer(
        number=number,
        name=name,
        kind=kind,
        size=size,
        habit=habit,
        creditors=creditors,
        seller="" if size in _RETAIL else random.choice(cast.EAST_SELLERS if city in _EAST else cast.SOUTH_SELLERS),
        currencies=currencies,
        identity=identity,
        customer_class="" if serial % 17 == 0 else random.choice(_CLASSES[habit]),
        terms_days=random.choice(SIZES[size].terms),
        contact=person,
        phone=f"0000-{5_550_000 + serial}",
        email=f"{'ar.' if kind == 'company' else ''}{number.lower()}@example.com",
        city=city,
        street=street,
        country=country,
        language=language,
        spellings=spellings,
    )


def _company(random: Random, city: str, brand: str, trade: str) -> tuple[str, tuple[str, ...]]:
    """The registered name, and for one in three how others write it."""
    form = random.choice(_FORMS)
    within = random.random() < 0.25
    name = f"{brand}{trade}（{city}）{form}" if within else f"{city}{brand}{trade}{form}"
    if random.random() > 0.35:
        return name, ()
    return name, (f"{city}{brand}{trade}" if within else f"{brand}{trade}（{city}）{form}", f"{city}{brand}")


def _resident_id(random: Random, area: str) -> str:
    """A resident ID with a right check digit."""
    born = dt.date(1962, 1, 1) + dt.timedelta(days=random.randint(0, 14_600))
    body = f"{area}{born:%Y%m%d}{random.randint(1, 899):03}"
    return body + ric.calc_check_digit(body + "0")


def _uscc(random: Random, register: str, area: str) -> str:
    """A unified social credit code with a right check digit."""
    body = f"{register}{area}MA{random.choice('123456789')}{random.randint(0, 999_999):06}"
    return body + uscc.calc_check_digit(body)
