"""What private connectivity costs: AWS's prices, and the costs that a plan adds.

Sources: the price list of AmazonMSK (AWS Price List API), as captured on the date below, and
https://aws.amazon.com/secrets-manager/pricing. The prices are of one Region; for others a plan says
so, since a wrong price is worse than none.
"""

from collections.abc import Collection
from typing import Any

from msklink.auth_scheme import Scheme

PRICED_ON = "2026-08-26"
HOURS_PER_MONTH = 730
"""As in AWS's own pricing pages."""

SCHEME_HOUR_USD = {"us-east-1": 0.0225}
"""US dollars an hour for each scheme that is on for private connectivity, by Region."""

GIGABYTE_USD = {"us-east-1": 0.006}
"""US dollars for each gigabyte of private connectivity, by Region."""

SECRET_MONTH_USD = {"us-east-1": 0.40}
"""US dollars a month for each secret, by Region."""


def cost_of(
    region: str, schemes: Collection[Scheme], endpoints: int, secrets: int = 0
) -> dict[str, Any]:
    """
    Return the cost a month, in US dollars, of *schemes* to turn on, new *endpoints* and *secrets*.

    `monthly` is None where no price is known for the *region*; the items then say so.
    """
    price, per_gigabyte = SCHEME_HOUR_USD.get(region), GIGABYTE_USD.get(region)
    per_secret = SECRET_MONTH_USD.get(region)
    items: list[str] = []
    if price is None or per_gigabyte is None or per_secret is None:
        monthly = None
        if schemes or endpoints:
            items.append(f"MSKLink has no price of private connectivity for Region {region}.")
        if secrets:
            items.append(f"MSKLink has no price of the secrets of users for Region {region}.")
    else:
        monthly = round(price * HOURS_PER_MONTH * len(schemes) + per_secret * secrets, 2)
        dated = f"price list of {PRICED_ON}"
        items = [
            f"scheme {scheme}: ${price} an hour, ${price * HOURS_PER_MONTH:.2f} a month, "
            f"billed to the owner ({dated})"
            for scheme in sorted(schemes)
        ]
        if schemes or endpoints:
            items.append(f"data: ${per_gigabyte} for each gigabyte ({dated}), not in the sum")
        if secrets:
            items.append(
                f"secrets of users ({secrets}): ${per_secret:.2f} a month each, billed to the "
                "owner (pricing page of AWS Secrets Manager), without reads"
            )
    if endpoints:
        items.append(
            f"endpoints of new connections ({endpoints}): AWS PrivateLink may bill them in the "
            "client accounts; MSKLink has no price of them, so they are not in the sum"
        )
    return {"monthly": monthly, "currency": "USD", "items": items}
