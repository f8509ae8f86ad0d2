import { controlLinkContract } from '../../ports/control-link.contract.ts';
import { createLoopback } from './loopback.ts';

controlLinkContract('loopback', async (service) => {
  const loopback = createLoopback(service);
  return {
    link: loopback.link,
    cut: () => {
      loopback.breakConnections('the test cut the line');
    },
    unplug: async () => loopback.serve(null),
    bytesToNode: () => undefined,
    stop: async () => {
      loopback.breakConnections('the test is over');
    },
  };
});
