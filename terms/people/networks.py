"""Client addresses and their networks."""

from ipaddress import IPv6Address, ip_address


def address_in(text: str) -> str:
    """The address that a proxy names, perhaps with a port or as one of IPv6; empty where it
    names none."""
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
    """What one client has: an address of IPv4, or 64 bits of IPv6. Empty for no address."""
    found = address_in(address)
    if ":" not in found:
        return found
    return str(IPv6Address(int(IPv6Address(found)) >> 64 << 64))
