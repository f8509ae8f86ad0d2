/**
 * `GET /v1/vms/{name}` with `Accept: application/yaml`: the fields a user set and nothing else, so that it applies again
 * without loss (spec §5).
 */
import type { FastifyReply } from 'fastify';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { hashText } from '../../wire/hash-spec.ts';
import { renderDeclared, renderYaml } from '../../wire/manifest/render-vm.ts';
import type { CachedVm } from '../cached-vm.ts';

/** `secrets`: the caller may see those of cloud-init; for others their sha256 stand there. */
export function manifestText({ record }: CachedVm, secrets: boolean): string {
  const declared = record.declared as unknown as DeclaredVm;
  const shown = secrets ? declared : withoutSecrets(declared);
  return renderYaml([renderDeclared(withPhase(shown, record.desiredPhase))]);
}

function withoutSecrets(declared: DeclaredVm): DeclaredVm {
  const { user_data: userData, network_config: networkConfig, ...others } = declared.cloud_init ?? {};
  const hidden = {
    ...(userData == null ? {} : { user_data: hashText(userData) }),
    ...(networkConfig == null ? {} : { network_config: hashText(networkConfig) }),
  };
  return declared.cloud_init == null ? declared : { ...declared, cloud_init: { ...hidden, ...others } };
}

/** A phase that was declared once may have been changed by a verb since; applying must not undo that. */
function withPhase(declared: DeclaredVm, phase: string): DeclaredVm {
  if (declared.desired_phase === undefined || (phase !== 'running' && phase !== 'stopped')) return declared;
  return { ...declared, desired_phase: phase };
}

export function sendManifest(reply: FastifyReply, vm: CachedVm, secrets: boolean): FastifyReply {
  return reply.code(200).type('application/yaml; charset=utf-8').send(manifestText(vm, secrets));
}
