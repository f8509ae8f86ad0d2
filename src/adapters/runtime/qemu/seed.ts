import { createHash } from 'node:crypto';
import type { CloudInitSpec } from '../../../core/instance/spec.ts';
import type { InstanceRef } from '../../../ports/runtime.ts';
import { renderIso } from './iso9660.ts';

/** Instance-id = uid + hash of `cloud_init`: a change makes the guest run it again at its next boot (spec §2). */
export function seedInstanceId(ref: InstanceRef, cloudInit: CloudInitSpec): string {
  const { userData, networkConfig, sshAuthorizedKeys, hostname } = cloudInit;
  const canonical = JSON.stringify([userData, networkConfig, sshAuthorizedKeys, hostname]);
  return `${ref.uid}-${createHash('sha256').update(canonical).digest('hex').slice(0, 12)}`;
}

/** The NoCloud seed: a volume `cidata` with meta-data, user-data and, where given, network-config. */
export function renderSeed(ref: InstanceRef, cloudInit: CloudInitSpec): Uint8Array {
  const metaData = [
    `instance-id: ${seedInstanceId(ref, cloudInit)}`,
    `local-hostname: ${cloudInit.hostname ?? ref.name}`,
    // JSON strings are YAML strings, whatever a key's comment holds.
    ...(cloudInit.sshAuthorizedKeys.length === 0 ? [] : ['public-keys:']),
    ...cloudInit.sshAuthorizedKeys.map((key) => `  - ${JSON.stringify(key)}`),
    '',
  ].join('\n');
  const text = (name: string, content: string) => ({ name, content: Buffer.from(content, 'utf8') });
  return renderIso('cidata', [
    text('meta-data', metaData),
    text('user-data', cloudInit.userData ?? '#cloud-config\n{}\n'),
    ...(cloudInit.networkConfig === null ? [] : [text('network-config', cloudInit.networkConfig)]),
  ]);
}
