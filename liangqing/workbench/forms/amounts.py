"""Amounts as people type them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from liangqing.kit.money import Money

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")


class AmountField(forms.CharField):
    """An amount in major units: 1,234.50, ￥1234.5, 1.2万. Cleans to ``Decimal``."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        kwargs.setdefault("max_length", 32)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        text = text.translate(_FULL_WIDTH).strip().lstrip("¥￥$€").replace(",", "").replace(" ", "").removesuffix("元")
        factor = 1
        if text.endswith("万"):
            text, factor = text[:-1], 10_000
        try:
            amount = Decimal(text) * factor
        except InvalidOperation as error:
            raise ValidationError(
                _("“%(text)s” is not an amount. Write it as 1234.50."), params={"text": value}
            ) from error
        if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
            raise ValidationError(_("This amount is too large."))
        return amount


def money_of(amount: Decimal, currency: str) -> Money:
    """Raises ``ValidationError`` for more decimals than the currency has."""
    try:
        return Money.of(amount, currency)
    except ValueError as error:
        raise ValidationError(_("%(currency)s has fewer decimals than that."), params={"currency": currency}) from error


def currency_field(currencies: Iterable[str], *, required: bool = True) -> forms.ChoiceField:
    known = list(dict.fromkeys(currencies)) or ["CNY"]
    return forms.ChoiceField(
        label=_("Currency"), choices=[(each, each) for each in known], initial=known[0], required=required
    )
