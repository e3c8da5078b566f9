"""Money as whole minor units (分) of one currency. No float ever touches an amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Digits after the point, ISO 4217. A currency not named here has two.
_DIGITS: dict[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip

CURRENCIES: frozenset[str] = frozenset(_DIGITS) | frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
    CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD
    KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
    NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG""".split()
)
"""The currencies an amount may be in, by ISO 4217 code."""


def digits(currency: str) -> int:
    """How many digits a currency has after the point: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units (分) of a currency. Two currencies are never added together.

    >>> Money(1050, "CNY") + Money(50, "CNY")
    Money(1100, 'CNY')
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, int) or isinstance(self.amount, bool):
            raise TypeError("Money is made of whole minor units")
        if self.currency not in CURRENCIES:
            raise ValueError(f"unknown currency {self.currency!r}")

    @classmethod
    def of(cls, value: Decimal | str | int, currency: str) -> Money:
        """From major units (元), rounded half-up to the minor unit."""
        scaled = Decimal(value).scaleb(digits(currency))
        return cls(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)), currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units (元), exactly."""
        return Decimal(self.amount).scaleb(-digits(self.currency))

    def __str__(self) -> str:
        return f"{self.currency} {self.major:,}"

    def __repr__(self) -> str:
        return f"Money({self.amount}, {self.currency!r})"

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be combined")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def share(self, weights: Sequence[int]) -> list[Money]:
        """Split by whole non-negative weights so that the parts sum to the whole.

        The minor units left over by division go to the largest remainders, the earlier part first.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must be whole, not negative and not all zero")
        sign, whole = (-1, -self.amount) if self.amount < 0 else (1, self.amount)
        parts = [whole * weight // total for weight in weights]
        remainders = [whole * weight % total for weight in weights]
        order = sorted(range(len(parts)), key=lambda place: (-remainders[place], place))
        for place in order[: whole - sum(parts)]:
            parts[place] += 1
        return [Money(sign * part, self.currency) for part in parts]


def plain(amount: int, currency: str) -> str:
    """Minor units as a plain decimal in major units: ``plain(123456, "CNY") == "1234.56"``."""
    return f"{Decimal(amount).scaleb(-digits(currency)):f}"
