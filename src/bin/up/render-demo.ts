/** The part of a VM document that the demo shows. */
export interface DemoVm {
  readonly name: string;
  readonly generation: number;
  readonly status: {
    readonly phase: string;
    readonly observed_generation: number;
    readonly node?: string | null;
    readonly incarnation?: { readonly run: number; readonly started_at?: string | null } | null;
    readonly reason?: { readonly message: string };
    readonly waiting?: { readonly message: string };
    readonly drift: readonly unknown[];
  };
}

/** A table of VMs: phase and whether what runs is what was asked for. */
export function renderDemoTable(vms: readonly DemoVm[]): string {
  const header = ['NAME', 'PHASE', 'GENERATION', 'OBSERVED', 'IN SYNC', 'NODE'];
  const rows = vms.map((vm) => [
    vm.name,
    vm.status.phase,
    String(vm.generation),
    String(vm.status.observed_generation),
    vm.generation === vm.status.observed_generation && vm.status.drift.length === 0 ? 'yes' : 'no',
    vm.status.node ?? '-',
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
