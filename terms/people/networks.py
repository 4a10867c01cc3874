"""Client addresses and their networks."""

from ipaddress import IPv6Address, ip_address


def address_in(text: str) -> str:
    """Return the IP address that a proxy reports, or an empty string if there is none.

    A port is removed, and an IPv4-mapped IPv6 address becomes an IPv4 address.
    """
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)


def network_of(address: str) -> str:
    """Return the network of one client: an IPv4 address, or 64 bits of IPv6, or ""."""
    found = address_in(address)
    if ":" not in found:
        return found
    return str(IPv6Address(int(IPv6Address(found)) >> 64 << 64))
