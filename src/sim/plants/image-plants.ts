/** Bugs of an image cache, or of how an agent uses it, planted between the two. */
import type { Images } from '../../ports/images.ts';
import type { SimRandom } from '../sim-random.ts';

const chance = 0.3;

/** Now and then says that an image is there, and has not even asked for it. */
export function fetchingNothing(images: Images, random: SimRandom): Images {
  return {
    find: (sha256) => images.find(sha256),
    unpin: (uid, keep) => images.unpin(uid, keep),
    collect: (signal) => images.collect(signal),
    async ensure(request, onProgress, signal) {
      if (!random.chance(chance)) return await images.ensure(request, onProgress, signal);
      const { format } = request;
      const sha256 = request.sha256 ?? random.hex(32);
      return { sha256, format, sizeBytes: 512, virtualSizeBytes: 512, path: `/images/sha256/${sha256}` };
    },
  };
}
