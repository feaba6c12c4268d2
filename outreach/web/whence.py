"""Where a visitor comes from, as limits count it."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request

from outreach.calling import is_public


def address_of(request: Request) -> str:
    """One machine with IPv6 has a whole /64 to try from. Empty where a proxy that is not trusted
    speaks for everybody.

    From one that is (TRUSTED_PROXIES) the server has taken over what the header says. A visitor
    from the public Internet who adds the header stays who they are.
    """
    host = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    is_relayed = bool(forwarded) and host not in forwarded
    try:
        address = ip_address(host)
    except ValueError:  # a socket's name
        return "" if is_relayed else host
    if is_relayed and not is_public(host):
        return ""
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))
