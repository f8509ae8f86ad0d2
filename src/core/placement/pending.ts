import { exhaustive } from '../kit/exhaustive.ts';
import type { PendingCode } from './placement.ts';

/** What the user can do about an instance that is on no node; it is tried again by itself whenever a node changes. */
export function pendingNextAction(code: PendingCode): string {
  switch (code) {
    case 'no_nodes':
      return "Start an agent; 'holdfast node list' shows the nodes there are";
    case 'node_not_found':
      return 'Correct placement.node, or start the agent of that node';
    case 'node_not_ready':
      return 'Bring the node named in placement.node back';
    case 'selector_unmatched':
      return 'Change placement.selector, or label a node';
    case 'insufficient_resources':
      return 'Ask for less, delete other VMs (one that is stopped keeps its room), or add a node';
    case 'port_conflict':
      return 'Use another host_port, or 0 to let the node choose';
    case 'dependency_failed':
      return 'Repair what it depends on, or take it out of depends_on';
    case 'dependency_not_ready':
      return 'Wait: it is placed as soon as what it depends on was made';
    case 'unscheduled':
      return 'Wait a moment: it is placed as soon as the scheduler has looked at it';
    default:
      return exhaustive(code);
  }
}
