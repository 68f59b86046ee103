"""The tags by which people say what they want, in the characters that MSK documents for tags.

The grammar (letters, digits, space and `_ . / = + - @`; no colon, no comma; values of 255
characters) is that of the MSK developer guide, "Tagging an Amazon MSK cluster".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from msklink.auth_scheme import ALL_SCHEMES, Scheme
from msklink.refusals import Code, Refusal, refuse

MANAGED_BY = "msklink/managed-by"
"""Key on all that MSKLink creates; the value is the stack name. The same in every namespace,
because IAM condition keys cannot be made from a parameter in CloudFormation."""

PROTECT = "protect"
"""Last part of the key on a VPC whose connections are not to be taken away."""

ACCOUNT_ID_LENGTH = 12


@dataclass(frozen=True)
class RequestedSchemes:
    """The schemes that a tag or request asks for; with *auto*, those of them that can be had."""

    schemes: frozenset[Scheme]
    auto: bool = False
    refusals: tuple[Refusal, ...] = ()


NO_SCHEMES = RequestedSchemes(frozenset())


def read_schemes(value: str | None, where: str) -> RequestedSchemes:
    """
    Return what *value* asks for; None is a tag that is not there.

    An empty value is refused. Unknown words are refused one by one; the rest still counts.
    """
    if value is None:
        return NO_SCHEMES
    words = value.lower().split()
    if not words:
        return RequestedSchemes(frozenset(), refusals=(refuse(Code.SCHEME_MISSING, where=where),))
    if words == ["off"]:
        return NO_SCHEMES
    if words == ["auto"]:
        return RequestedSchemes(ALL_SCHEMES, auto=True)
    known = frozenset(Scheme(word) for word in words if word in ALL_SCHEMES)
    unknown = sorted({word for word in words if word not in ALL_SCHEMES})
    return RequestedSchemes(
        known,
        refusals=tuple(refuse(Code.UNKNOWN_SCHEME, where=where, word=word) for word in unknown),
    )


@dataclass(frozen=True)
class AccountList:
    """The accounts that the owner admits to a cluster."""

    accounts: frozenset[str]
    refusals: tuple[Refusal, ...] = ()


def read_client_accounts(tags: Mapping[str, str], namespace: str) -> AccountList:
    """The accounts in `<namespace>/clients`, `<namespace>/clients/2` and so on."""
    return _read_accounts(tags, f"{namespace}/clients")


def read_vendor_accounts(tags: Mapping[str, str], namespace: str) -> AccountList:
    """
    Read the accounts in `<namespace>/vendors` and so on, which make their connections themselves.

    One that is listed as a client too is a client, which has more: a stack that is expected.
    """
    key, clients = f"{namespace}/vendors", read_client_accounts(tags, namespace).accounts
    found = _read_accounts(tags, key)
    both = (
        refuse(Code.VENDOR_IS_CLIENT, account=one, clients=f"{namespace}/clients", vendors=key)
        for one in sorted(found.accounts & clients)
    )
    return AccountList(found.accounts - clients, (*found.refusals, *both))


def _read_accounts(tags: Mapping[str, str], key: str) -> AccountList:
    accounts: set[str] = set()
    refusals: list[Refusal] = []
    for tag, value in sorted(tags.items()):
        if tag != key and not tag.startswith(f"{key}/"):
            continue
        for word in value.split():
            if is_account_id(word):
                accounts.add(word)
            else:
                refusals.append(refuse(Code.MALFORMED_ACCOUNT_LIST, key=tag, word=word))
    return AccountList(frozenset(accounts), tuple(refusals))


def is_account_id(text: str) -> bool:
    return len(text) == ACCOUNT_ID_LENGTH and text.isascii() and text.isdigit()


def client_key(namespace: str, cluster_name: str) -> str:
    """Key on a VPC, subnet or security group that concerns *cluster_name*."""
    return f"{namespace}/{cluster_name}"
