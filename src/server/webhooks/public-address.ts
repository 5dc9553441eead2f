/** Is an IP address one of the public internet? Pure; who looks names up is `address-guard.ts`. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** What IANA has given out for use on the internet; an address of IPv6 outside of it leads nowhere, or inside. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** Looks public, and is the inside of a machine at Azure: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16 */
const insideOfAzure = "168.63.129.16";

/**
 * True only for unicast addresses that anybody on the internet may be asked at.
 *
 * An address of IPv6 that carries one of IPv4 is what it carries: `::ffff:0:0/96`, NAT64 (`64:ff9b::/96`, RFC 6052), 6to4
 * (`2002::/16`, RFC 3056), Teredo (`2001::/32`, RFC 4380). Everything of IANA's special-purpose registries is refused.
 *
 * @param address as a resolver gives it, without brackets; what is no address, or has a zone, is not public.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return isPublicV4(ipaddr.IPv4.parse(address));
  if (family === 6 && !address.includes("%")) return isPublicV6(ipaddr.IPv6.parse(inHex(address)));
  return false;
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && address.toString() !== insideOfAzure;
}

function isPublicV6(address: ipaddr.IPv6): boolean {
  const carried = carriedV4(address);
  if (carried.length > 0) return carried.every(isPublicV4);
  return address.range() === "unicast" && address.match(globalUnicast);
}

/** The addresses of IPv4 that packets to this one of IPv6 may end at. */
function carriedV4(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const v4 = (from: number, mask = 0) =>
    new ipaddr.IPv4(bytes.slice(from, from + 4).map((byte) => byte ^ mask));
  switch (address.range()) {
    case "ipv4Mapped":
      return [v4(12)];
    case "rfc6052":
      // The same name stands for 64:ff9b:1::/48, a network's own translation, which is not public.
      return bytes.slice(4, 12).every((byte) => byte === 0) ? [v4(12)] : [];
    case "6to4":
      return [v4(2)];
    case "teredo":
      // The server, and the client behind it with all bits turned.
      return [v4(4), v4(12, 0xff)];
    default:
      return [];
  }
}

/** `::8.8.8.8` as `::808:808`: ipaddr.js takes the first for `::ffff:8.8.8.8`, which is another address. */
function inHex(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
