/** Builds the guest images into a directory of the test's own and boots them under real QEMU without acceleration. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Guest, startGuest } from './guest-driver.ts';

const script = fileURLToPath(new URL('build', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'holdfast-images-'));
const out = join(directory, 'out');
const OVMF_CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd';
const OVMF_VARS = '/usr/share/OVMF/OVMF_VARS_4M.fd';
const noOvmf = !existsSync(OVMF_CODE) && 'OVMF is not installed (package ovmf)';
const READY = /^HOLDFAST-GUEST-READY [^\r\n]*\r?\n/m;
after(() => rmSync(directory, { recursive: true, force: true }));

/** A build takes 4 to 6 s, and a minute on a machine with ten times its load. */
function runBuild(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(script, args, { encoding: 'utf8', timeout: 300_000 });
  return { status, output: stdout + stderr };
}

function missingProgram(...names: readonly string[]): string | false {
  const places = (process.env['PATH'] ?? '').split(delimiter);
  const missing = names.filter((name) => !places.some((place) => existsSync(join(place, name))));
  return missing.length > 0 && `needs ${missing.join(', ')}`;
}

/** Packages that ./test has unpacked beside its own build (the kernel is never installed) need not be fetched again. */
function shareUnpackedPackages(): void {
  const unpacked = fileURLToPath(new URL('out/.packages', import.meta.url));
  mkdirSync(out, { recursive: true });
  if (existsSync(unpacked)) symlinkSync(unpacked, join(out, '.packages'));
}

shareUnpackedPackages();
const built = runBuild('--out', out);
const noBuild = built.status === 3 && built.output;
const noBoot = noBuild || missingProgram('qemu-system-x86_64', 'qemu-img', 'genisoimage');

function writeSeed(name: string, metaData: string, userData: string): readonly string[] {
  const place = join(directory, name);
  mkdirSync(place);
  writeFileSync(join(place, 'meta-data'), metaData);
  writeFileSync(join(place, 'user-data'), userData);
  const iso = `${place}.iso`;
  const files = [join(place, 'user-data'), join(place, 'meta-data')];
  const made = spawnSync('genisoimage', ['-quiet', '-o', iso, '-V', 'cidata', '-J', '-r', ...files]);
  assert.equal(made.status, 0, String(made.stderr));
  const drive = { driver: 'file', 'node-name': 'seed', filename: iso, 'read-only': true };
  return ['-blockdev', JSON.stringify(drive), '-device', 'virtio-blk-pci,drive=seed'];
}

/** A disk on top of the built one. */
function diskArgv(name: string): readonly string[] {
  const disk = join(directory, `${name}.qcow2`);
  const create = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', join(out, 'guest.qcow2'), disk];
  assert.equal(spawnSync('qemu-img', create).status, 0);
  const file = { driver: 'qcow2', 'node-name': 'disk', file: { driver: 'file', filename: disk } };
  return ['-blockdev', JSON.stringify(file), '-device', 'virtio-blk-pci,drive=disk,bootindex=1'];
}

function kernelArgv(cmdline: string): readonly string[] {
  const files = ['-kernel', join(out, 'vmlinuz'), '-initrd', join(out, 'initrd.gz')];
  return [...files, '-append', `console=ttyS0 quiet panic=5 no_timer_check ${cmdline}`];
}

let boots = 0;
function boot(...argv: readonly string[]): Promise<Guest> {
  boots += 1;
  const place = join(directory, `boot-${boots}`);
  mkdirSync(place);
  return startGuest(place, argv);
}

/** The key=value pairs of the guest's marker line, which must be there exactly once. */
async function readMarker(guest: Guest): Promise<Record<string, string>> {
  const [line] = await guest.console.waitFor(READY);
  assert.equal(guest.console.text().match(/^HOLDFAST-GUEST-READY/gm)?.length, 1);
  return Object.fromEntries(
    line
      .trim()
      .split(' ')
      .slice(1)
      .map((pair) => pair.split('=', 2)),
  );
}

describe('images/build', { skip: noBuild }, () => {
  test('builds all artefacts and writes down their exact sizes and sums', () => {
    assert.equal(built.status, 0, built.output);
    assert.match(built.output, /^images: building the guest in .*/, 'who waits is told what for');
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      readonly artefacts: readonly { readonly name: string; readonly sha256: string; readonly size: number }[];
    };
    assert.deepEqual(
      manifest.artefacts.map(({ name }) => name),
      ['vmlinuz', 'initrd.gz', 'guest.qcow2'],
    );
    for (const { name, sha256, size } of manifest.artefacts) {
      const bytes = readFileSync(join(out, name));
      assert.equal(bytes.length, size, name);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, name);
    }
    assert.equal(spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: out }).status, 0);
  });

  test('does nothing when nothing changed, and builds the same bytes again when an artefact was lost', () => {
    const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8');
    const before = statSync(join(out, 'initrd.gz')).ino;
    const again = runBuild('--out', out);
    assert.match(again.output, /up to date/);
    assert.equal(statSync(join(out, 'initrd.gz')).ino, before);

    rmSync(join(out, 'guest.qcow2'));
    assert.equal(runBuild('--out', out).status, 0);
    assert.ok(existsSync(join(out, 'guest.qcow2')));
    assert.equal(readFileSync(join(out, 'SHA256SUMS'), 'utf8'), sums);
  });

  test('refuses what it does not know with exit code 2', () => {
    assert.equal(runBuild('--nonsense').status, 2);
    assert.equal(runBuild('--out').status, 2);
  });
});

test('images/build names the missing packages and the command that installs them, with exit code 3', () => {
  const copy = join(directory, 'copy');
  assert.equal(spawnSync('cp', ['-R', join(script, '..'), copy]).status, 0);
  writeFileSync(join(copy, 'packages.txt'), 'no-such-package usr/bin/no-such-program\n');
  chmodSync(join(copy, 'build'), 0o755);
  const { status, stderr } = spawnSync(join(copy, 'build'), ['--out', join(directory, 'none')], { encoding: 'utf8' });
  assert.equal(status, 3);
  assert.match(stderr, /missing Debian packages: no-such-package\n.*apt-get install .*no-such-package/);
});

/** Emulated on a busy host, a kernel that tests its timer panics of it at boot. */
async function testsNoTimer({ console: line }: Guest): Promise<void> {
  line.write('echo "word:$(grep -o no_timer_check /proc/cmdline)"\r');
  await line.waitFor(/^word:no_timer_check/m);
}

describe('the guest', { skip: noBoot }, () => {
  test('in RAM takes name and commands from its seed, gives a root shell and obeys the power button', async () => {
    const userData = [
      '#cloud-config',
      'hostname: web-1',
      'ssh_authorized_keys: [ssh-ed25519 AAAA me@here]',
      'write_files:',
      '  - {path: /srv/note, content: "from the seed", permissions: "0640"}',
      'runcmd:',
      '  - echo "text=$(cat /srv/note)"',
      "  - [printf, 'list=%s\\n', 'two  words']",
    ].join('\n');
    const seed = writeSeed('web', '{"instance-id": "iid-1", "local-hostname": "other"}', userData);
    await using guest = await boot(...kernelArgv(''), ...seed);
    const { hostname, instance_id, uptime, root } = await readMarker(guest);
    assert.deepEqual({ hostname, instance_id, root }, { hostname: 'web-1', instance_id: 'iid-1', root: 'ram' });
    assert.ok(Number(uptime) > 0);
    await guest.console.waitFor(/^HOLDFAST-GUEST-NETWORK interface=eth0 address=10\.0\.2\.15\/24/m);
    await guest.console.waitFor(/^HOLDFAST-GUEST-SEED exit_code=0/m);
    assert.match(guest.console.text(), /^text=from the seed\r?\nlist=two {2}words/m);

    guest.console.detach();
    const later = await guest.attachConsole();
    later.write('echo "$(id -un)-$((6 * 7))-$(cat /root/.ssh/authorized_keys)"\r');
    await later.waitFor(/^root-42-ssh-ed25519 AAAA me@here/m);
    guest.pressPowerButton();
    await later.waitFor(/^HOLDFAST-GUEST-POWEROFF reason=button/m);
    await guest.monitor.waitFor(/"guest-shutdown"/);
    assert.equal(await guest.waitForEnd(), 0);
  });

  test('on its disk keeps its files and runs the commands of a seed once per instance-id', async () => {
    const drive = diskArgv('disk');
    const seed = writeSeed('db', 'instance-id: iid-2\nlocal-hostname: db-1\n', '#!/bin/sh\necho ran >>/root/runs\n');
    const expected = { hostname: 'db-1', instance_id: 'iid-2', root: 'disk' };
    {
      await using guest = await boot(...drive, ...seed);
      const { hostname, instance_id, root, first_boot, boots: count } = await readMarker(guest);
      assert.deepEqual({ hostname, instance_id, root }, expected);
      assert.deepEqual([first_boot, count], ['1', '1']);
      await guest.console.waitFor(/^HOLDFAST-GUEST-SEED exit_code=0/m);
      await testsNoTimer(guest);
      guest.console.write('poweroff\r');
      await guest.console.waitFor(/^HOLDFAST-GUEST-POWEROFF reason=command/m);
      assert.equal(await guest.waitForEnd(), 0);
    }
    await using guest = await boot(...drive, ...seed);
    const { hostname, instance_id, root, first_boot, boots: count } = await readMarker(guest);
    assert.deepEqual({ hostname, instance_id, root }, expected);
    assert.deepEqual([first_boot, count], ['0', '2']);
    guest.console.write('echo "runs: $(wc -l </root/runs)"\r');
    await guest.console.waitFor(/^runs: 1\r?$/m);
  });

  test('starts from the same disk under UEFI firmware, without a choice to make', { skip: noOvmf }, async () => {
    const vars = join(directory, 'vars.fd');
    copyFileSync(OVMF_VARS, vars);
    const flash = (id: string, filename: string, readOnly: boolean) => {
      const node = { driver: 'file', 'node-name': id, filename, 'read-only': readOnly };
      return ['-blockdev', JSON.stringify(node), '-machine', `pflash${id === 'code' ? 0 : 1}=${id}`];
    };
    const firmware = [...flash('code', OVMF_CODE, true), ...flash('vars', vars, false)];
    await using guest = await boot(...firmware, ...diskArgv('uefi'), '-m', '192');
    const { root, boots: count } = await readMarker(guest);
    assert.deepEqual([root, count], ['disk', '1']);
    assert.match(guest.console.text(), /EFI stub: Loaded initrd/);
    guest.console.write('[ -d /sys/firmware/efi ] && echo "started by $(echo UEFI)"\r');
    await guest.console.waitFor(/^started by UEFI/m);
    await testsNoTimer(guest);
  });

  test('ignores the power button when the kernel command line says so, and says that it was pressed', async () => {
    await using guest = await boot(...kernelArgv('holdfast.ignore_power_button'));
    await readMarker(guest);
    guest.pressPowerButton();
    await guest.console.waitFor(/^HOLDFAST-GUEST-BUTTON-IGNORED/m);
    guest.console.write('echo still-$((40 + 2))\r');
    await guest.console.waitFor(/^still-42/m);
  });

  test('panics after its marker on request, and the machine learns it', async () => {
    await using guest = await boot(...kernelArgv('holdfast.panic'));
    await readMarker(guest);
    await guest.monitor.waitFor(/"GUEST_PANICKED"/);
  });

  test('powers off by itself after its marker on request', async () => {
    await using guest = await boot(...kernelArgv('holdfast.poweroff'));
    await readMarker(guest);
    await guest.console.waitFor(/^HOLDFAST-GUEST-POWEROFF reason=cmdline/m);
    assert.equal(await guest.waitForEnd(), 0);
  });
});
