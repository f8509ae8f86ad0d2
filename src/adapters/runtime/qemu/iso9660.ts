/**
 * Writes a small ISO 9660 image with Joliet names: enough for a cloud-init seed, so that no tool is needed for it.
 * Layout in sectors of 2048 bytes: 0–15 system area, 16 primary descriptor, 17 Joliet descriptor, 18 terminator,
 * 19–22 path tables (little and big endian for each), 23 and 24 the two root directories, then the files.
 */
const SECTOR = 2048;
const FIRST_FILE_SECTOR = 25;
/** Records must fit one directory sector. */
const MAX_FILES = 16;

export interface IsoFile {
  readonly name: string;
  readonly content: Uint8Array;
}

interface Tree {
  readonly joliet: boolean;
  readonly pathTableSector: number;
  readonly rootSector: number;
}

const PRIMARY: Tree = { joliet: false, pathTableSector: 19, rootSector: 23 };
const JOLIET: Tree = { joliet: true, pathTableSector: 21, rootSector: 24 };

/** The image. No times are written, so equal files give equal images. */
export function renderIso(volumeId: string, files: readonly IsoFile[]): Uint8Array {
  if (files.length > MAX_FILES) throw new RangeError(`At most ${MAX_FILES} files`);
  let sector = FIRST_FILE_SECTOR;
  const placed = files.map((file) => {
    const at = { ...file, sector };
    sector += Math.ceil(file.content.length / SECTOR);
    return at;
  });
  const image = Buffer.alloc(sector * SECTOR);
  for (const [index, tree] of [PRIMARY, JOLIET].entries()) {
    image.set(renderDescriptor(volumeId, tree, sector), (16 + index) * SECTOR);
    image.set(renderPathTable(tree, false), tree.pathTableSector * SECTOR);
    image.set(renderPathTable(tree, true), (tree.pathTableSector + 1) * SECTOR);
    const records = [
      renderRecord(Buffer.from([0]), tree.rootSector, SECTOR, true),
      renderRecord(Buffer.from([1]), tree.rootSector, SECTOR, true),
      ...placed
        .map((file) => ({ ...file, id: renderName(file.name, tree.joliet) }))
        .toSorted((a, b) => Buffer.compare(a.id, b.id))
        .map((file) => renderRecord(file.id, file.sector, file.content.length, false)),
    ];
    image.set(Buffer.concat(records), tree.rootSector * SECTOR);
  }
  image.set(Buffer.from('\xffCD001\x01', 'latin1'), 18 * SECTOR);
  for (const file of placed) image.set(file.content, file.sector * SECTOR);
  return image;
}

function renderName(name: string, joliet: boolean): Buffer {
  return joliet ? utf16be(name) : Buffer.from(`${name.toUpperCase()}.;1`, 'latin1');
}

function renderDescriptor(volumeId: string, tree: Tree, sectors: number): Buffer {
  const d = Buffer.alloc(SECTOR);
  const text = (value: string, offset: number, length: number): void => {
    const bytes = tree.joliet ? utf16be(value.padEnd(length / 2)) : Buffer.from(value.padEnd(length), 'latin1');
    bytes.copy(d, offset, 0, length);
  };
  d.writeUInt8(tree.joliet ? 2 : 1, 0);
  d.write('CD001\x01', 1, 'latin1');
  text('', 8, 32);
  text(volumeId, 40, 32);
  both32(d, sectors, 80);
  // The escape sequence that says "UCS-2, level 3".
  if (tree.joliet) d.write('%/E', 88, 'latin1');
  both16(d, 1, 120);
  both16(d, 1, 124);
  both16(d, SECTOR, 128);
  both32(d, 10, 132);
  d.writeUInt32LE(tree.pathTableSector, 140);
  d.writeUInt32BE(tree.pathTableSector + 1, 148);
  renderRecord(Buffer.from([0]), tree.rootSector, SECTOR, true).copy(d, 156);
  for (const [offset, length] of [
    [190, 128],
    [318, 128],
    [446, 128],
    [574, 128],
    [702, 36],
    [740, 36],
    [776, 36],
  ] as const) {
    text('', offset, length);
  }
  // Four times "not specified".
  for (const offset of [813, 830, 847, 864]) d.write('0'.repeat(16), offset, 'latin1');
  d.writeUInt8(1, 881);
  return d;
}

/** One entry: the root. */
function renderPathTable(tree: Tree, bigEndian: boolean): Buffer {
  const entry = Buffer.alloc(10);
  entry.writeUInt8(1, 0);
  if (bigEndian) {
    entry.writeUInt32BE(tree.rootSector, 2);
    entry.writeUInt16BE(1, 6);
  } else {
    entry.writeUInt32LE(tree.rootSector, 2);
    entry.writeUInt16LE(1, 6);
  }
  return entry;
}

function renderRecord(id: Buffer, sector: number, size: number, isDirectory: boolean): Buffer {
  const length = 33 + id.length + ((id.length + 1) % 2);
  const r = Buffer.alloc(length);
  r.writeUInt8(length, 0);
  both32(r, sector, 2);
  both32(r, size, 10);
  r.writeUInt8(isDirectory ? 2 : 0, 25);
  both16(r, 1, 28);
  r.writeUInt8(id.length, 32);
  id.copy(r, 33);
  return r;
}

/** Numbers are stored twice, little endian first. */
function both32(buffer: Buffer, value: number, offset: number): void {
  buffer.writeUInt32LE(value, offset);
  buffer.writeUInt32BE(value, offset + 4);
}

function both16(buffer: Buffer, value: number, offset: number): void {
  buffer.writeUInt16LE(value, offset);
  buffer.writeUInt16BE(value, offset + 2);
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
