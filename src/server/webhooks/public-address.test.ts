import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./public-address.ts";

const v4 = (address: string): string =>
  address
    .split(".")
    .map((byte) => Number(byte).toString(16).padStart(2, "0"))
    .join("")
    .replace(/^(....)(....)$/, "$1:$2");
const turned = (address: string): string =>
  address
    .split(".")
    .map((byte) => 255 - Number(byte))
    .join(".");
/** How an address of IPv6 may carry one of IPv4 that packets end at. */
const carriers: Readonly<Record<string, (address: string) => string>> = {
  mapped: (address) => `::ffff:${address}`,
  "mapped in hex": (address) => `::ffff:${v4(address)}`,
  NAT64: (address) => `64:ff9b::${v4(address)}`,
  "6to4": (address) => `2002:${v4(address)}::1`,
  "Teredo client": (address) => `2001:0:5db8:d822::${v4(turned(address))}`,
  "Teredo server": (address) => `2001:0:${v4(address)}::${v4(turned("93.184.216.34"))}`,
};

describe("isPublicAddress", () => {
  it.each([
    ...["93.184.216.34", "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255"],
    ...[
      "172.32.0.0",
      "192.0.1.1",
      "198.17.255.255",
      "198.20.0.0",
      "223.255.255.255",
      "169.253.1.1",
    ],
    ...["2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"],
  ])("takes %s for a public one", (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ...["0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1"],
    ...["127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1"],
    ...["192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1"],
    ...["192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"],
    ...["239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "100.100.100.200"],
    ...["::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b:1::808:808"],
    ...["100::1", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1"],
    ...["2001:30::1", "2001:db8::1", "2001:100::1", "2620:4f:8000::1", "3fff::1", "4000::1"],
    ...["5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "febf::1", "fec0::1"],
    ...["ff02::1", "ff0e::1", "fe80::1%eth0", "2606:4700:4700::1111%1"],
    ...["", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "8.8.8.8 "],
    ...["08.8.8.8", "8.8.8.8.", "1.1.1.1/32", "hooks.example"],
  ])("takes %j for none that is public", (address) => expect(isPublicAddress(address)).toBe(false));

  it("judges an address of IPv6 by the one of IPv4 it carries", () => {
    for (const [way, carry] of Object.entries(carriers)) {
      expect([way, isPublicAddress(carry("93.184.216.34"))]).toEqual([way, true]);
      fc.assert(
        fc.property(fc.ipV4(), (address) => {
          expect([way, isPublicAddress(carry(address))]).toEqual([way, isPublicAddress(address)]);
        }),
      );
    }
  });

  it("answers for every address there is, and takes none of IPv6 outside 2000::/3 but NAT64 and mapped ones", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const canonical = new URL(`http://[${address}]`).hostname;
        const isPossible = /^\[([23][0-9a-f]{3}:|64:ff9b::|::ffff:)/.test(canonical);
        if (isPublicAddress(address)) expect([address, isPossible]).toEqual([address, true]);
      }),
      { numRuns: 2000 },
    );
  });
});
