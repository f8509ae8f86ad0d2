/**
 * Named limits of documents. Each bounds memory, a kernel or QEMU interface, or the size of a stored record; the sum
 * keeps a record below the request body limit.
 */
export const documentLimits = {
  /** Documents of one apply: one store transaction (spec §5). */
  documents: 1000,
  /** Characters of one JSON body or one text of manifests: 1,000 documents of 4 KiB. */
  textLength: 4_194_304,
  /**
   * Characters of YAML that a server reads at once: YAML costs about 2 µs a character, and blocks the loop meanwhile.
   */
  serverYamlLength: 131_072,
  /** Nested lists and objects; the deepest real field is at 5, and everything that walks values recurses. */
  depth: 32,
  /** Offences told at once; more help nobody and make answers unbounded. */
  offences: 100,
  /** Length of a value repeated in an offence. */
  gotLength: 200,
  /** Length of a name or key repeated in a path or message: a label key with its prefix is longer, a name never. */
  keyLength: 128,
  /** Labels or annotations of an instance. */
  mapEntries: 64,
  /** Length of an annotation: notes, not data. */
  annotationLength: 16_384,
  /** Length of `description`. */
  descriptionLength: 4096,
  /** Length of a URL: what servers and proxies accept. */
  urlLength: 2048,
  /** The x86 boot protocol takes 2047 characters and a NUL. */
  cmdlineLength: 2047,
  /** Characters of user_data; the seed image is made in memory. */
  userDataLength: 131_072,
  /** Characters of network_config. */
  networkConfigLength: 32_768,
  sshKeys: 64,
  /** An RSA-16384 public key with a comment fits. */
  sshKeyLength: 4096,
  hostnameLength: 253,
  /** Data disks: the PCI slots of a q35 guest that are kept for them. */
  disks: 16,
  nics: 8,
  /** Disks and NICs of a microvm: its 24 virtio transports without those for balloon, entropy, root disk and seed. */
  microvmDevices: 20,
  /** Forwards of one NIC: each is a listening socket on the node. */
  forwards: 64,
  healthChecks: 16,
  /** Arguments of a command check. */
  commandArguments: 64,
  commandArgumentLength: 4096,
  httpPathLength: 1024,
  affinityGroups: 16,
  dependsOn: 64,
  /** 64 TiB in GiB, the largest qcow2 with 64 KiB clusters and default tables. */
  diskGib: 65_536,
  /**
   * Least memory of a guest with UEFI firmware. Measured with OVMF 2022.11 and a Linux kernel of 14 MB, given directly or from a
   * disk: at 160 MiB it boots, below it the firmware resets, crashes or hangs without a word.
   */
  ovmfMemoryMib: 160,
  /** One day: the longest time-out that is still a time-out. */
  seconds: 86_400,
} as const;
