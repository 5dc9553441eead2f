/** What may be given as `callback_url` to make a server talk to itself or its neighbours; refused before any name is looked up. */

const notHttps = [
  ...["", " ", "hooks.example", "//hooks.example/", "/hook", "http://hooks.example/"],
  ...["ftp://hooks.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "data:,x"],
  ...["javascript:alert(1)", "unix:/var/run/docker.sock", "https:", "https://", "https:///"],
  ...["https:hooks.example", "https:/hooks.example", "https:///hooks.example", "wss://a.example"],
];

const misleading = [
  ...["https://user@hooks.example/", "https://user:word@hooks.example/", "https://:w@a.example/"],
  ...[
    "https://hooks.example@127.0.0.1/",
    "https://hooks.example#@127.0.0.1/",
    "https://a.example#",
  ],
  ...[
    "https://hooks.example\\@127.0.0.1/",
    "https:\\\\127.0.0.1/",
    "https://127.0.0.1\\.a.example/",
  ],
  ...[
    "https://hooks.example/\r\nHost: localhost",
    "https://hooks.exa\tmple/",
    " https://a.example/",
  ],
  ...["https://a.example/ ", "https://127.0.0.1%00.a.example/", "https://127.0.0.1 .a.example/"],
  ...["https://a.example:99999/", "https://a.example:-1/", "https://[::1/", "https://::1/"],
  ...["https://\u0000a.example/", "https://a.example/\u0085", "https://a.example/\u00a0b"],
  `https://hooks.example/${"a".repeat(2027)}`,
];

const names = [
  ...["https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://localhost../"],
  ...[
    "https://a.localhost/",
    "https://ⓛocalhost/",
    "https://loc\u00adalhost/",
    "https://redis:6379/",
  ],
  ...["https://metadata.google.internal/", "https://printer.local/", "https://nas.home.arpa/"],
  ...["https://kubernetes.default.svc.cluster.local/", "https://hooks.example./", "https://com/"],
  ...["https://%6c%6f%63%61%6c%68%6f%73%74/", "https://。/", "https://./", "https://localhost。/"],
];

const spelledV4 = [
  ...["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0x7f.0x0.0x0.0x1"],
  ...["0177.0.0.1", "017700000001", "0177.1", "0300.0250.1.1", "127.0.0.1.", "127.1.", "0", "0x0"],
  ...["0x", "1", "127.0.0.1:22", "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "%31%32%37.0.0.1"],
  ...["0xA9FEA9FE", "2852039166", "169.254.169.254", "169.254.43518", "0251.0376.0251.0376"],
  ...["10.1.2.3", "10.1", "172.16.0.1", "192.168.0.1", "192.168.257", "100.64.0.1", "198.18.0.1"],
  ...["192.0.0.8", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1"],
  ...["255.255.255.255", "4294967295", "168.63.129.16", "192.88.99.1"],
];

const spelledV6 = [
  ...["::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::127.0.0.1"],
  ...["::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:127.0.0.1", "::FFFF:10.0.0.1"],
  ...["::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe"],
  ...["64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:5db8:d822::80ff:fffe"],
  ...[
    "2001:0:7f00:1::a247:27dd",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%25eth0",
  ],
  ...["fec0::1", "ff02::1", "100::1", "4000::1", "::8.8.8.8"],
];

export const hostileUrls: readonly string[] = [
  ...[...notHttps, ...misleading, ...names],
  ...spelledV4.map((host) => `https://${host}/hook`),
  ...spelledV6.map((host) => `https://[${host}]/hook`),
];

/** What a name may resolve to in order to get past a look at the URL alone. */
export const hostileAddresses: readonly string[] = [
  ...["127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1"],
  ...["169.254.169.254", "168.63.129.16", "192.0.0.192", "198.19.0.1", "224.0.0.251", "240.0.0.1"],
  ...["255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "::", "::1", "::127.0.0.1"],
  ...[
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "fc00::1",
    "fd00::1",
  ],
  ...[
    "2001:0:5db8:d822::f5ff:fffe",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
  ],
  ...["100::1", "3fff::1", "", "nonsense", "127.1", "0x7f000001"],
];
